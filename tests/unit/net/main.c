/* Tests of proxy/net. */
#include "suites.h"

#include <signal.h>

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* as the proxy does: OpenSSL writes without MSG_NOSIGNAL */
    return test_address() + test_loop() + test_listener() + test_stream() + test_tls();
}
