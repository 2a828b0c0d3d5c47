/* net: what a run of changes amounts to: of each object the first image and the last, and under which
 * names its columns and indexes went.
 *
 *     #1 ALTER TABLE users ADD a       #2 ALTER TABLE users RENAME TO people      #3 ... CHANGE nick handle
 *     before: users, as it was before #1          after: people, as it was after #3
 *     renames: table users -> people, column nick -> handle
 *
 * What comes and goes again is nothing. What is dropped and made again is another one, unless it came back
 * exactly as it was. Objects that a statement changes without naming them (foreign keys to a renamed table, its
 * triggers) follow.
 *
 *     net_add(net, &change, id);                      for each change, with its text
 *     net_finish(net);
 *     do {
 *         options.typed = net_typed(net);             in the words of the person
 *         net_find(net, &options, false, &up);        ... replay up, compare with net_after ...
 *     } while (differs && typed_refuse(net_typed(net), type, home, name));
 *     net_find(net, &options, true, &down);
 */
#ifndef DDLTAP_SCHEMA_NET_H
#define DDLTAP_SCHEMA_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "schema/change.h"
#include "schema/difference.h"
#include "schema/schema.h"
#include "schema/typed.h"

struct net;

struct net *net_new(void);
void net_release(struct net *net); /* NULL-safe */

/* The next change, in the order in which they were made; its texts are copied. Where its `text` is known, what
 * was dropped and made again in one statement is known too, and statements may be in the person's words. id: its number, for
 * problems. */
void net_add(struct net *net, const struct change *change, int64_t id);

/* Put it together: after the last net_add, before all of the following. */
void net_finish(struct net *net);

/* Each object that differs, as a change of one object (two, if it was renamed); its image before names other
 * tables as they are named now. Valid until net_release. */
size_t net_count(const struct net *net);
const struct change *net_change(const struct net *net, size_t index);

/* All that is known of both sides, and the renames from the first to the second. */
const struct schema *net_before(const struct net *net);
const struct schema *net_after(const struct net *net);
const struct difference_rename *net_renames(const struct net *net, size_t *count);

/* What was typed: for difference_options, and for refusing what a replay has disproved. */
struct typed *net_typed(struct net *net);

/* The statements from net_before to net_after, or back. way_back of options is not read, and what was typed is
 * never used for the way back. Release the difference. */
void net_find(const struct net *net, const struct difference_options *options, bool back,
              struct difference *difference);

/* A sentence a line: objects whose definitions are not known, or that changed in between. */
struct slice net_problems(const struct net *net);
/* Are all definitions known? */
bool net_complete(const struct net *net);

#endif
