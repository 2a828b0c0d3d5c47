/* suites: the groups of tests of the schema library, and the one table most of them change. */
#ifndef DDLTAP_TESTS_SCHEMA_SUITES_H
#define DDLTAP_TESTS_SCHEMA_SUITES_H

#include "schema/change.h"

#define USERS_HEAD "CREATE TABLE `users` (\n  `id` int NOT NULL AUTO_INCREMENT,\n"
#define USERS_OPTIONS "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"

int run_image_tests(void);
int run_table_tests(void);
int run_alter_tests(void);
int run_inverse_tests(void);
int run_model_tests(void);
int run_describe_tests(void);
int run_unified_tests(void);
int run_net_tests(void);
int run_typed_tests(void);
int run_dump_tests(void);
int run_drift_tests(void);
int run_likeness_tests(void);

/* An object of schema `app`; NULL for a text is IMAGE_ABSENT. */
struct change_object make_object(enum object_type type, const char *name, const char *before,
                                 const char *after);
struct change make_change(enum ddl_verb verb, const char *noun, const struct change_object *objects,
                          size_t count);

#endif
