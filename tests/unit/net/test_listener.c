/* listener: TCP and Unix sockets, and what a dead process left behind. */
#include "suites.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/listener.h"

struct arrivals {
    struct loop *loop;
    int count;
    char peer[ADDRESS_TEXT_SIZE];
};

static void accepted(void *owner, int descriptor, const struct address *peer)
{
    struct arrivals *arrivals = owner;
    snprintf(arrivals->peer, sizeof(arrivals->peer), "%s", peer->text);
    arrivals->count++;
    close(descriptor);
    loop_stop(arrivals->loop);
}

static void give_up(void *argument)
{
    loop_stop(argument);
}

static int dial(const struct address *address)
{
    int descriptor = socket(address->socket.ss_family, SOCK_STREAM, 0);
    assert_int_equal(
        connect(descriptor, (const struct sockaddr *)&address->socket, address->length), 0);
    return descriptor;
}

static void expect_arrival(struct listener *listener, struct arrivals *arrivals)
{
    struct timer *patience = timer_new(arrivals->loop, give_up, arrivals->loop);
    timer_start(patience, 5000);
    int descriptor = dial(listener_address(listener));
    loop_run(arrivals->loop);
    assert_true(arrivals->count >= 1);
    close(descriptor);
    timer_free(patience);
}

static void a_tcp_listener_knows_its_port_and_its_clients(void **state)
{
    (void)state;
    struct arrivals arrivals = {.loop = loop_new()};
    struct address address;
    struct listener *listener;
    assert_int_equal(address_parse("127.0.0.1:0", &address, NULL), ERROR_NONE);
    assert_int_equal(listener_open(arrivals.loop, &address, accepted, &arrivals, &listener, NULL),
                     ERROR_NONE);
    assert_string_not_equal(listener_address(listener)->text, "127.0.0.1:0");
    expect_arrival(listener, &arrivals);
    assert_int_equal(strncmp(arrivals.peer, "127.0.0.1:", 10), 0);
    listener_free(listener);
    listener_free(NULL);
    loop_free(arrivals.loop);
}

static void an_address_in_use_is_a_problem_that_names_it(void **state)
{
    (void)state;
    struct loop *loop = loop_new();
    struct address address;
    struct listener *first, *second;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(address_parse("127.0.0.1:0", &address, NULL), ERROR_NONE);
    assert_int_equal(listener_open(loop, &address, accepted, NULL, &first, NULL), ERROR_NONE);
    address = *listener_address(first);
    assert_int_equal(listener_open(loop, &address, accepted, NULL, &second, &problem),
                     ERROR_NETWORK);
    assert_non_null(strstr(problem.text, address.text));
    listener_free(first);
    loop_free(loop);
}

/* A folder of our own, and the address of a socket in it. */
static void make_address(char folder[], struct address *address)
{
    char text[128];
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof(text), "unix:%s/socket", folder);
    assert_int_equal(address_parse(text, address, NULL), ERROR_NONE);
}

static void a_unix_listener_has_a_private_file_and_removes_it(void **state)
{
    (void)state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct arrivals arrivals = {.loop = loop_new()};
    struct address address;
    struct listener *listener;
    struct stat file;
    make_address(folder, &address);
    assert_int_equal(listener_open(arrivals.loop, &address, accepted, &arrivals, &listener, NULL),
                     ERROR_NONE);
    assert_int_equal(stat(address_unix_path(&address), &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    expect_arrival(listener, &arrivals);
    assert_string_equal(arrivals.peer, "unix");
    listener_free(listener);
    assert_int_not_equal(stat(address_unix_path(&address), &file), 0);
    rmdir(folder);
    loop_free(arrivals.loop);
}

static void a_dead_socket_file_is_replaced_and_a_live_one_is_not(void **state)
{
    (void)state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct arrivals arrivals = {.loop = loop_new()};
    struct address address;
    struct listener *listener, *second;
    make_address(folder, &address);
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(dead, (struct sockaddr *)&address.socket, address.length), 0);
    assert_int_equal(listen(dead, 1), 0);
    close(dead);
    assert_int_equal(listener_open(arrivals.loop, &address, accepted, &arrivals, &listener, NULL),
                     ERROR_NONE);
    assert_int_equal(listener_open(arrivals.loop, &address, accepted, &arrivals, &second, NULL),
                     ERROR_NETWORK);
    expect_arrival(listener, &arrivals);
    listener_free(listener);
    rmdir(folder);
    loop_free(arrivals.loop);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    char folder[] = "/tmp/ddltap-test-XXXXXX";
    struct loop *loop = loop_new();
    struct address address;
    struct listener *listener;
    make_address(folder, &address);
    FILE *file = fopen(address_unix_path(&address), "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(listener_open(loop, &address, accepted, NULL, &listener, NULL), ERROR_NETWORK);
    assert_int_equal(unlink(address_unix_path(&address)), 0);
    rmdir(folder);
    loop_free(loop);
}

int test_listener(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tcp_listener_knows_its_port_and_its_clients),
        cmocka_unit_test(an_address_in_use_is_a_problem_that_names_it),
        cmocka_unit_test(a_unix_listener_has_a_private_file_and_removes_it),
        cmocka_unit_test(a_dead_socket_file_is_replaced_and_a_live_one_is_not),
        cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
