/* Tests of proxy/wire. */
#include "suites.h"

int main(void)
{
    return test_reader() + test_packet() + test_handshake() + test_command() + test_result() +
           test_row() + test_compressed();
}
