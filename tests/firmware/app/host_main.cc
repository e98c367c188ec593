/* SPDX-License-Identifier: MIT */
/*
 * host_main.cc - the same for C++, whose library wants memory of its own:
 * for its streams, for what is thrown, for a locale.
 */
#include <cstdio>
#include <iostream>
#include <locale>
#include <sstream>
#include <stdexcept>

#include "app_main.h"
#include "host.h"
#include "status.h"

namespace
{

/* True when the library's own machinery works. */
bool
has_thrown()
{
    try {
        std::ostringstream text;

        text.imbue(std::locale::classic());
        text << "station " << 1;
        throw std::runtime_error(text.str());
    } catch (const std::exception &e) {
        return e.what()[0] == 's';
    }
}

} // namespace

int
main()
{
    bool is_good = has_thrown();

    std::cout << std::flush;
    host_warm_up();
    app_main();
    std::cout << std::flush;
    return is_good && std::fflush(stdout) == 0 && status_problems() == 0 ? 0
                                                                         : 1;
}
