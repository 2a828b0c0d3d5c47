/* bench_client: what sysbench does not do. One job a call; what was measured is printed, one NAME=VALUE a line.
 *
 *     bench_client --port PORT [option...] JOB [ARGUMENT]
 *
 *     ping             COM_PING, one after the other
 *     query TEXT       the query, one after the other; with --range N every '?' in it becomes a random number from 1 to N
 *     query-file FILE  the same with the text of a file
 *     login            connect, log in, quit
 *     idle N[,N...]    open N sessions in all, print "open=N", wait for a line on standard input; then the next N
 *     script FILE      each line of the file, a statement; prints how long each took: "statement_us=..."
 *
 *     --connections N  so many side by side, a thread each (1)      --seconds S   how long (1), but each at least once
 *     --user NAME      without a password (root)                    --database NAME   (bench)
 *     --patience S     how long to wait for a part of an answer (10)
 *     --tls, --compress                                             --infile FILE     for LOAD DATA LOCAL
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "connection.h"
#include "latency.h"

#define OPENERS 4 /* threads that open idle sessions */

struct job {
    struct target target;
    const char *name;
    const char *argument;
    char *text; /* of the query */
    size_t length;
    uint32_t range;
    uint64_t nanoseconds;
    unsigned connections;
    pthread_barrier_t start;
};

struct worker {
    struct job *job;
    pthread_t thread;
    uint32_t random;
    struct latency latency;
    struct answer total;
    uint64_t begun, ended;
};

struct opener {
    const struct target *target;
    pthread_t thread;
    struct connection **connections;
    size_t count;
};

static uint32_t random_number(struct worker *worker)
{
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 17;
    worker->random ^= worker->random << 5;
    return worker->random;
}

/* The text with its numbers; room holds text_room(job) bytes. */
static size_t fill_in(struct worker *worker, char *room)
{
    char *to = room;
    for (const char *from = worker->job->text; *from != 0; from++) {
        if (*from == '?')
            to += sprintf(to, "%u", random_number(worker) % worker->job->range + 1);
        else
            *to++ = *from;
    }
    return (size_t)(to - room);
}

static size_t text_room(const struct job *job)
{
    size_t room = job->length + 1;
    for (size_t i = 0; i < job->length; i++)
        room += job->text[i] == '?' ? 10U : 0U;
    return room;
}

static void add(struct worker *worker, uint64_t begun, struct answer answer)
{
    worker->ended = latency_now();
    latency_add(&worker->latency, worker->ended - begun);
    worker->total.rows += answer.rows;
    worker->total.bytes += answer.bytes;
}

static void run_commands(struct worker *worker)
{
    struct job *job = worker->job;
    bool is_ping = strcmp(job->name, "ping") == 0;
    struct connection *connection = connection_open(&job->target);
    char *room = job->range > 0 ? malloc(text_room(job)) : NULL;
    const char *text = room != NULL ? room : job->text;
    size_t length = job->length;
    (void)pthread_barrier_wait(&job->start);
    worker->begun = worker->ended = latency_now();
    do {
        if (room != NULL)
            length = fill_in(worker, room);
        uint64_t begun = latency_now();
        add(worker, begun,
            connection_command(connection, is_ping ? COM_PING : COM_QUERY, text, length));
    } while (worker->ended - worker->begun < job->nanoseconds);
    free(room);
    connection_close(connection);
}

static void run_logins(struct worker *worker)
{
    struct job *job = worker->job;
    (void)pthread_barrier_wait(&job->start);
    worker->begun = worker->ended = latency_now();
    do {
        uint64_t begun = latency_now();
        connection_close(connection_open(&job->target));
        add(worker, begun, (struct answer){0});
    } while (worker->ended - worker->begun < job->nanoseconds);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    if (strcmp(worker->job->name, "login") == 0)
        run_logins(worker);
    else
        run_commands(worker);
    return NULL;
}

static void run_workers(struct job *job)
{
    struct worker *workers = calloc(job->connections, sizeof *workers);
    struct latency all = {0};
    struct answer total = {0};
    uint64_t begun = UINT64_MAX, ended = 0;
    if (workers == NULL || pthread_barrier_init(&job->start, NULL, job->connections) != 0)
        fail("out of memory");
    for (unsigned i = 0; i < job->connections; i++) {
        workers[i] = (struct worker){.job = job, .random = 2463534242U + i * 7919U};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            fail("cannot start a thread");
    }
    for (unsigned i = 0; i < job->connections; i++) {
        struct worker *worker = &workers[i];
        (void)pthread_join(worker->thread, NULL);
        latency_merge(&all, &worker->latency);
        latency_release(&worker->latency);
        total.rows += worker->total.rows;
        total.bytes += worker->total.bytes;
        begun = worker->begun < begun ? worker->begun : begun;
        ended = worker->ended > ended ? worker->ended : ended;
    }
    (void)printf("seconds=%.6f\nrows=%llu\nbytes=%llu\n", (double)(ended - begun) / 1e9,
                 (unsigned long long)total.rows, (unsigned long long)total.bytes);
    latency_print(&all);
    latency_release(&all);
    free(workers);
}

static void *open_sessions(void *argument)
{
    struct opener *opener = argument;
    for (size_t i = 0; i < opener->count; i++)
        opener->connections[i] = connection_open(opener->target);
    return NULL;
}

static void open_side_by_side(const struct target *target, struct connection **connections,
                              size_t count)
{
    struct opener openers[OPENERS];
    for (size_t i = 0; i < OPENERS; i++) {
        size_t begin = count * i / OPENERS, end = count * (i + 1) / OPENERS;
        openers[i] = (struct opener){
            .target = target, .connections = connections + begin, .count = end - begin};
        if (pthread_create(&openers[i].thread, NULL, open_sessions, &openers[i]) != 0)
            fail("cannot start a thread");
    }
    for (size_t i = 0; i < OPENERS; i++)
        (void)pthread_join(openers[i].thread, NULL);
}

static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

/* The sessions are left to the end of the program: they are what is measured, not their end. */
static void run_idle(const struct job *job)
{
    struct connection **connections = NULL;
    size_t open = 0;
    allow_descriptors();
    for (const char *at = job->argument; *at != 0;) {
        char *end;
        size_t wanted = strtoul(at, &end, 10);
        if (end == at || wanted < open)
            fail("idle wants growing numbers, set apart by commas");
        connections = realloc(connections, (wanted + 1) * sizeof *connections);
        if (connections == NULL)
            fail("out of memory");
        open_side_by_side(&job->target, connections + open, wanted - open);
        open = wanted;
        (void)printf("open=%zu\n", open);
        (void)fflush(stdout);
        if (getchar() == EOF)
            break;
        at = *end == ',' ? end + 1 : end;
    }
    free(connections);
}

static void run_script(const struct job *job)
{
    FILE *file = fopen(job->argument, "r");
    if (file == NULL)
        fail("cannot open %s", job->argument);
    struct connection *connection = connection_open(&job->target);
    char *line = NULL;
    size_t room = 0;
    for (ssize_t length; (length = getline(&line, &room, file)) > 0;) {
        length -= line[length - 1] == '\n';
        uint64_t begun = latency_now();
        (void)connection_command(connection, COM_QUERY, line, (size_t)length);
        (void)printf("statement_us=%.3f\n", (double)(latency_now() - begun) / 1000);
    }
    free(line);
    (void)fclose(file);
    connection_close(connection);
}

static void read_text(struct job *job)
{
    FILE *file = fopen(job->argument, "r");
    size_t room = 0;
    ssize_t length = file != NULL ? getdelim(&job->text, &room, 0, file) : -1;
    if (length <= 0)
        fail("cannot read %s", job->argument);
    (void)fclose(file);
    job->length = (size_t)length;
}

static void usage(void)
{
    (void)fputs("usage: bench_client --port PORT [option...] ping | query TEXT | query-file FILE | "
                "login | idle N[,N...] | "
                "script FILE\n",
                stderr);
    exit(2);
}

static void parse(struct job *job, int argc, char **argv)
{
    static const struct option options[] = {{"port", required_argument, NULL, 'p'},
                                            {"user", required_argument, NULL, 'u'},
                                            {"database", required_argument, NULL, 'd'},
                                            {"infile", required_argument, NULL, 'f'},
                                            {"connections", required_argument, NULL, 'c'},
                                            {"seconds", required_argument, NULL, 's'},
                                            {"range", required_argument, NULL, 'r'},
                                            {"patience", required_argument, NULL, 'w'},
                                            {"tls", no_argument, NULL, 't'},
                                            {"compress", no_argument, NULL, 'z'},
                                            {NULL, 0, NULL, 0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'p':
            job->target.port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            job->target.user = optarg;
            break;
        case 'd':
            job->target.database = optarg;
            break;
        case 'f':
            job->target.infile = optarg;
            break;
        case 'c':
            job->connections = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 's':
            job->nanoseconds = (uint64_t)(strtod(optarg, NULL) * 1e9);
            break;
        case 'r':
            job->range = (uint32_t)strtoul(optarg, NULL, 10);
            break;
        case 'w':
            job->target.patience = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 't':
            job->target.tls = true;
            break;
        case 'z':
            job->target.compress = true;
            break;
        default:
            usage();
        }
    }
    job->name = optind < argc ? argv[optind] : "";
    job->argument = optind + 1 < argc ? argv[optind + 1] : "";
}

int main(int argc, char **argv)
{
    struct job job = {.connections = 1,
                      .nanoseconds = 1000000000,
                      .target = {.user = "root", .database = "bench", .patience = 10}};
    parse(&job, argc, argv);
    if (job.target.port == 0 || job.connections == 0)
        usage();
    if (strcmp(job.name, "idle") == 0) {
        run_idle(&job);
    } else if (strcmp(job.name, "script") == 0) {
        run_script(&job);
    } else if (strcmp(job.name, "query-file") == 0) {
        read_text(&job);
        run_workers(&job);
    } else if (strcmp(job.name, "query") == 0 || strcmp(job.name, "ping") == 0 ||
               strcmp(job.name, "login") == 0) {
        job.text = strdup(job.argument);
        job.length = strlen(job.argument);
        run_workers(&job);
    } else {
        usage();
    }
    free(job.text);
    return 0;
}
