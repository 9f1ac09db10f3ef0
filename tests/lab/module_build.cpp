// SPDX-License-Identifier: GPL-2.0-only
#include "module_build.h"

#include <cstdlib>

#include "error.h"

namespace fs = std::filesystem;

namespace ccm::lab {

std::vector<fs::path> build_uml_modules(const fs::path &source, const fs::path &uml_build, const fs::path &out)
{
    fs::path dir = fs::absolute(out);
    fs::remove_all(dir);
    fs::create_directories(dir);
    for (const auto &entry : fs::directory_iterator(source))
        if (entry.is_regular_file())
            fs::copy_file(entry.path(), dir / entry.path().filename());
    fs::path log = dir / "build.log";
    std::string command =
        fmt::format("unset MAKEFLAGS MFLAGS MAKELEVEL; make -C '{}' M='{}' ARCH=um modules >'{}' 2>&1",
                    uml_build.string(), dir.string(), log.string());
    if (std::system(command.c_str()) != 0)
        throw Error("the modules in {} do not build: see {}", source.string(), log.string());
    std::vector<fs::path> modules;
    for (const auto &entry : fs::directory_iterator(dir))
        if (entry.path().extension() == ".ko")
            modules.push_back(entry.path());
    return modules;
}

} // namespace ccm::lab
