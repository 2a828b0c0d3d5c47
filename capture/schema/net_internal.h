/* net_internal: what the files net*.c share. See net.h. */
#ifndef DDLTAP_SCHEMA_NET_INTERNAL_H
#define DDLTAP_SCHEMA_NET_INTERNAL_H

#include "schema/net.h"
#include "schema/object_map.h"

struct kept_image {
    enum image_state state;
    char *text;
    char *context;
};

/* A column or index; names are bare. */
struct track {
    bool index;
    char *first;
    char *now; /* NULL: gone */
};

/* One object through all changes. */
struct thread {
    enum object_type type;
    char *first_schema, *first_name;
    char *schema, *name; /* now */
    struct kept_image before, after;
    char *moved; /* text of before with all that renaming other objects did to it; NULL: the same */
    struct track *tracks;
    size_t track_count;
    bool anew;   /* made in the run: first, or again after it was dropped */
    size_t made; /* by which change, counted from 1 */
    struct change change;
    struct change_object objects[2];
    struct statement_rename *renames;
    size_t rename_count;
};

/* A table that is named by another thread: the parent of a foreign key, the table of a trigger. */
struct mention {
    size_t thread;
    size_t next; /* OBJECT_MAP_NONE: the last one */
};

struct net {
    struct thread *threads;
    size_t count, capacity;
    struct object_map holders; /* the thread that has a name now, or had it last */
    struct object_map firsts;  /* the thread that had a name first */
    struct mention *mentions;
    size_t mention_count, mention_capacity;
    struct object_map mentioned; /* the first mention of a table */
    bool mariadb;
    uint32_t version;
    char *development_schema;
    struct typed *typed;
    size_t step; /* changes so far */
    struct schema *before, *after;
    struct difference_rename *renames;
    size_t rename_count;
    size_t *changed; /* numbers of the threads that differ */
    size_t changed_count;
    struct buffer problems;
    bool incomplete;
};

/* --- net_follow.c: what servers do to others when a table or its columns get other names ------------ */

/* What a thread names, once its image is another one. */
void net_note_mentions(struct net *net, size_t thread);
/* The images of what earlier changes made follow; from and to are the same object where columns alone are renamed. */
void net_follow_others(struct net *net, const struct change *change,
                       const struct change_object *from, const struct change_object *to);
/* The first image of a thread that begins now, as it was before all changes of the run. */
void net_rewind(const struct net *net, struct thread *thread);
/* The text of its first image with all that renaming others did to it; owner: the caller. */
char *net_moved(const struct net *net, const struct thread *thread);

#endif
