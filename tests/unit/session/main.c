/* Tests of proxy/session: real sessions, a client and a server played by the test. */
#include "suites.h"

int main(void)
{
    return test_login() + test_relay() + test_split() + test_hold() + test_compressed() +
           test_ends() + test_hostile() + test_proxy();
}
