#include "test_config.h"

int main(void)
{
    return run_settings_tests() + run_url_tests() + run_dotenv_tests() + run_connection_tests();
}
