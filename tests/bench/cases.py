"""All groups of cases, in the order of the page."""

import cases_ddl
import cases_idle
import cases_latency
import cases_queries
import cases_transfer

GROUPS = [cases_queries.GROUP, *cases_transfer.GROUPS, *cases_latency.GROUPS, cases_idle.GROUP, *cases_ddl.GROUPS]
