// SPDX-License-Identifier: GPL-2.0-only
// The verbs about keys, over the kernel's keys in memory, and files.
#include "fake_keys.h"
#include "fakes.h"
#include "key_file.h"
#include "process.h"
#include "verbs/verb.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ccmadm::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

const std::string key_digits = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

class KeyVerb : public ::testing::Test {
protected:
    KeyVerb()
    {
        std::string name = (fs::temp_directory_path() / "ccmadm-key.XXXXXX").string();
        root = mkdtemp(name.data());
        fs::create_directory(root / "parameters");
        options.parameters = root / "parameters";
        module("blue", std::to_string(fake_keyring));
    }
    ~KeyVerb() override { fs::remove_all(root); }

    void module(const std::string &cluster, const std::string &keyring)
    {
        std::ofstream(root / "parameters/cluster") << cluster << "\n";
        std::ofstream(root / "parameters/keyring") << keyring << "\n";
    }
    std::string file(const std::string &name, const std::string &text, mode_t mode = 0600)
    {
        std::string path = root / name;
        std::ofstream(path) << text;
        chmod(path.c_str(), mode);
        return path;
    }
    std::string key_file(const std::string &cluster, const std::string &number)
    {
        return file(cluster + number, fmt::format("cluster {}\nnumber {}\nkey {}\n", cluster, number, key_digits));
    }
    static std::string content(const std::string &path)
    {
        std::ifstream stream(path);
        return {std::istreambuf_iterator<char>(stream), {}};
    }

    using Verb = Result<ExitCode> (*)(const KeyContext &, const KeyOptions &);
    Result<ExitCode> run(Verb verb, Format format = Format::text)
    {
        Printer printer(output, format, clock);
        auto code = verb({keys, printer, input}, options);
        said += output.text + (code ? "" : code.error().text);
        return code;
    }
    void try_it(Verb verb, Format format = Format::text) { (void)static_cast<bool>(run(verb, format)); }
    std::string error(Verb verb)
    {
        const auto code = run(verb);
        return code ? "none" : code.error().text;
    }

    KeyOptions options;
    FakeKeys keys;
    FakeClock clock;
    StringOutput output;
    fs::path root;
    int input = -1;
    std::string said; // everything, ever
};

TEST_F(KeyVerb, GenerateWritesANewFileForTheNextNumber)
{
    keys.put("blue:1");
    keys.put("blue:9");
    keys.put("green:12");
    options.files = {root / "new"};
    ASSERT_TRUE(run(run_key_generate));
    EXPECT_EQ(output.text, options.files[0] + " is key 10 of the cluster blue. Copy it to the partner in a way that "
                                              "nobody else can read (scp), and add it on both: ccmadm key add FILE\n");
    EXPECT_EQ(keys.changes, 0) << "nothing else happens to it";
    struct stat status = {};
    ASSERT_EQ(stat(options.files[0].c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, S_IFREG | 0600u);
    const auto key = read_key(options.files[0], -1);
    ASSERT_TRUE(key) << key.error().text;
    EXPECT_EQ(key.value().cluster, "blue");
    EXPECT_EQ(key.value().number, 10u);

    options.files = {root / "another"};
    ASSERT_TRUE(run(run_key_generate));
    const auto another = read_key(options.files[0], -1);
    ASSERT_TRUE(another);
    EXPECT_NE(std::memcmp(key.value().bytes.data(), another.value().bytes.data(), 32), 0);
}

TEST_F(KeyVerb, GenerateGivesNobodyElseAccessWhateverTheUmask)
{
    const mode_t before = umask(0);
    options.files = {root / "new"};
    const auto code = run(run_key_generate);
    umask(before);
    ASSERT_TRUE(code);
    struct stat status = {};
    ASSERT_EQ(stat(options.files[0].c_str(), &status), 0);
    EXPECT_EQ(status.st_mode, S_IFREG | 0600u);
}

TEST_F(KeyVerb, GenerateNeverWritesOverAnything)
{
    const std::string there = file("there", "something else\n", 0644);
    fs::create_symlink(root / "target", root / "dangling");
    fs::create_symlink(there, root / "link");
    fs::create_directory(root / "directory");
    for (const char *name : {"there", "link", "dangling", "directory"}) {
        options.files = {root / name};
        EXPECT_EQ(error(run_key_generate),
                  options.files[0] + " exists: nothing is ever written over it; give another name");
    }
    EXPECT_EQ(content(there), "something else\n");
    EXPECT_FALSE(fs::exists(root / "target"));
    options.files = {root / "no/such/directory"};
    EXPECT_EQ(error(run_key_generate), options.files[0] + ": cannot create: No such file or directory");
    options.files = {"-"};
    EXPECT_NE(error(run_key_generate).find("not to standard output"), std::string::npos);
}

TEST_F(KeyVerb, GenerateLeavesNoPartOfAKey)
{
    // A file system that is full after a few bytes, as far as this process is concerned
    Process process([this] {
        signal(SIGXFSZ, SIG_IGN);
        const rlimit few{20, 20};
        setrlimit(RLIMIT_FSIZE, &few);
        options.files = {root / "new"};
        return error(run_key_generate) == options.files[0] + ": cannot write: File too large" ? 7 : 8;
    });
    EXPECT_EQ(process.wait(), 7);
    EXPECT_FALSE(fs::exists(root / "new"));
}

TEST_F(KeyVerb, GenerateWithoutAModule)
{
    options.parameters = root / "nothing";
    options.files = {root / "new"};
    EXPECT_EQ(error(run_key_generate), "rdma_ccm is not loaded: say for which cluster the key is (--cluster NAME)");
    options.cluster = "green";
    ASSERT_TRUE(run(run_key_generate, Format::json));
    EXPECT_EQ(json::parse(output.text), (json{{"cluster", "green"}, {"number", 1}, {"file", options.files[0]}}));
}

TEST_F(KeyVerb, GenerateWithWhatIsSaid)
{
    options.files = {root / "odd"};
    module("a:b?", "0");
    ASSERT_TRUE(run(run_key_generate)) << "all of the module's name, and nothing but it";
    EXPECT_NE(content(options.files[0]).find("\ncluster a:b?\n"), std::string::npos);
    module("blue", std::to_string(fake_keyring));
    keys.read_error = -EACCES;
    options.files = {root / "new"};
    EXPECT_EQ(error(run_key_generate), "cannot list the keys: permission denied: run ccmadm as root (`sudo ccmadm "
                                       "...`); or say which number the key has (--number N)");
    options.number = 4294967295;
    options.cluster = "green";
    ASSERT_TRUE(run(run_key_generate));
    EXPECT_NE(content(options.files[0]).find("\ncluster green\nnumber 4294967295\nkey "), std::string::npos);
}

TEST_F(KeyVerb, GenerateWithoutAKeyring)
{
    options.files = {root / "new"};
    module("blue", "0");
    ASSERT_TRUE(run(run_key_generate)) << "auth=none";
    EXPECT_NE(content(options.files[0]).find("\nnumber 1\n"), std::string::npos);
    options.files = {root / "another"};
    module("", "0");
    EXPECT_EQ(error(run_key_generate), "rdma_ccm is not configured: say for which cluster the key is (--cluster NAME)");
    module("blue", std::to_string(fake_keyring));
    keys.put("blue:4294967295");
    EXPECT_NE(error(run_key_generate).find("the highest number there is"), std::string::npos);
}

TEST_F(KeyVerb, AddGivesTheKernelTheBytes)
{
    keys.put("blue:1");
    options.files = {key_file("blue", "3"), key_file("blue", "2")};
    ASSERT_TRUE(run(run_key_add));
    EXPECT_EQ(output.text, "");
    const auto &payload = keys.payload("blue:3");
    ASSERT_EQ(payload.size(), 32u);
    for (unsigned i = 0; i < 32; ++i)
        EXPECT_EQ(payload[i], i);
    EXPECT_EQ(keys.payload("blue:2"), payload);

    options.files = {key_file("blue", "4")};
    ASSERT_TRUE(run(run_key_add, Format::json));
    EXPECT_EQ(json::parse(output.text), json::parse(R"({"cluster": "blue", "added": [4]})"));
}

TEST_F(KeyVerb, AddIsRefused)
{
    keys.put("blue:1");
    const std::string fine = key_file("blue", "2");
    const auto refused = [&](const std::string &path) {
        options.files = {fine, path};
        return error(run_key_add);
    };
    EXPECT_EQ(refused(key_file("green", "3")), root.string() + "/green3: it is a key of the cluster green, and "
                                                               "rdma_ccm is loaded for the cluster blue");
    EXPECT_EQ(refused(key_file("blue", "1")),
              root.string() + "/blue1: there is a key 1 of the cluster blue already, and a key is never changed: "
                              "give the new one another number");
    EXPECT_NE(refused(fine).find("there is a key 2 of the cluster blue already"), std::string::npos) << "twice";
    EXPECT_EQ(refused(root / "nothing"), (root / "nothing").string() + ": cannot open: No such file or directory");
    EXPECT_EQ(refused(root), root.string() + ": cannot read: Is a directory");
    EXPECT_EQ(refused(file("bad", "cluster blue\nnumber 3\nkey " + key_digits + "ff\n")),
              root.string() + "/bad: line 3: behind `key` must stand 64 hexadecimal digits");
    EXPECT_EQ(refused(file("long", std::string(5000, '\n'))),
              root.string() + "/long: more than 4096 bytes: it is no key");
    EXPECT_EQ(keys.changes, 0) << "not even the one that is fine";
}

TEST_F(KeyVerb, AddWithoutAKeyring)
{
    options.files = {key_file("blue", "1")};
    module("blue", "0");
    EXPECT_EQ(error(run_key_add), "rdma_ccm is loaded with auth=none, and has no keyring: load it with auth=psk");
    module("", "0");
    EXPECT_NE(error(run_key_add).find("not configured"), std::string::npos);
    for (const char *text : {"", "x", "12x", "-5", "99999999999"}) {
        module("blue", text);
        EXPECT_NE(error(run_key_add).find("is not the number of a keyring"), std::string::npos) << text;
    }
    fs::remove(root / "parameters/keyring");
    EXPECT_NE(error(run_key_add).find("older than this ccmadm, and has no keys"), std::string::npos);
    options.parameters = root / "nothing";
    for (const Verb verb : {run_key_add, run_key_list, run_key_del})
        EXPECT_EQ(error(verb), "rdma_ccm is not loaded, and its keyring not there: try `modprobe rdma_ccm`");
}

TEST_F(KeyVerb, OnlyTheOwnerMayHaveAccess)
{
    const std::string path = key_file("blue", "1");
    options.files = {path};
    for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0610u, 0644u}) {
        chmod(path.c_str(), mode);
        EXPECT_EQ(error(run_key_add),
                  fmt::format("{}: not only its owner has access (mode {:04o}): `chmod 600 {}`, and take another key "
                              "if somebody may have read this one",
                              path, mode, path));
    }
    fs::create_symlink(path, root / "link");
    options.files = {root / "link"};
    EXPECT_NE(error(run_key_add).find("not only its owner"), std::string::npos) << "it is the file that counts";
    EXPECT_EQ(keys.changes, 0);
    chmod(path.c_str(), 0400);
    if (geteuid() != 0)
        GTEST_SKIP() << "only root can give files away";
    ASSERT_EQ(chown(path.c_str(), 65534, 0), 0);
    EXPECT_EQ(error(run_key_add), (root / "link").string() +
                                      ": it belongs to user 65534, neither to root nor to you: `chown root " +
                                      (root / "link").string() + "`");
    ASSERT_EQ(chown(path.c_str(), 0, 65534), 0);
    EXPECT_TRUE(run(run_key_add));
}

TEST_F(KeyVerb, StandardInputIsAFileAsAnyOther)
{
    const std::string path = key_file("blue", "1");
    options.files = {"-"};
    input = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    chmod(path.c_str(), 0644);
    EXPECT_NE(error(run_key_add).find("standard input: not only its owner has access (mode 0644): `chmod 600 FILE`"),
              std::string::npos);
    close(input);

    int pipes[2];
    ASSERT_EQ(pipe2(pipes, O_CLOEXEC), 0);
    const std::string text = content(path);
    ASSERT_EQ(write(pipes[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(pipes[1]);
    input = pipes[0];
    EXPECT_TRUE(run(run_key_add)) << "who writes into a pipe has said who may read it";
    EXPECT_EQ(keys.payload("blue:1").size(), 32u);
    EXPECT_NE(error(run_key_add).find("standard input: there is no line `cluster`"), std::string::npos) << "empty";
    close(input);
}

TEST_F(KeyVerb, ListForPeople)
{
    for (const char *description : {"blue:2", "amber:5", "blue:10", "green:7"})
        keys.put(description);
    EXPECT_EQ(run(run_key_list).value(), ExitCode::ready);
    EXPECT_EQ(output.text, "KEY  CLUSTER  NOTE\n"
                           "10   blue     -\n"
                           "2    blue     -\n"
                           "5    amber    of another cluster: not used\n"
                           "7    green    of another cluster: not used\n");
}

TEST_F(KeyVerb, ListJson)
{
    for (const char *description : {"blue:2", "amber:5", "blue:10"})
        keys.put(description);
    EXPECT_EQ(run(run_key_list, Format::json).value(), ExitCode::ready);
    EXPECT_EQ(output.text, R"({"cluster":"blue","keys":[{"number":10},{"number":2}],)"
                           R"("others":[{"cluster":"amber","number":5}]})"
                           "\n");
}

TEST_F(KeyVerb, ListOfNoneIsNotReady)
{
    EXPECT_EQ(run(run_key_list).value(), ExitCode::not_ready);
    EXPECT_EQ(output.text, "no key of the cluster blue: `ccmadm key add FILE` adds one, `ccmadm key generate FILE` "
                           "makes it\n");
    output.text.clear();
    EXPECT_EQ(run(run_key_list, Format::json).value(), ExitCode::not_ready);
    EXPECT_EQ(json::parse(output.text), json::parse(R"({"cluster": "blue", "keys": [], "others": []})"));
    output.text.clear();
    keys.put("green:1");
    EXPECT_EQ(run(run_key_list).value(), ExitCode::not_ready);
    EXPECT_NE(output.text.find("of another cluster: not used"), std::string::npos);
}

TEST_F(KeyVerb, DelIsOfTheOwnCluster)
{
    for (const char *description : {"blue:2", "green:2", "blue:3", "green:4"})
        keys.put(description);
    options.number = 4;
    EXPECT_EQ(error(run_key_del),
              "there is no key 4 of the cluster blue; `ccmadm key list` lists those that are there");
    options.number = 2;
    ASSERT_TRUE(run(run_key_del, Format::json));
    EXPECT_EQ(json::parse(output.text), json::parse(R"({"cluster": "blue", "deleted": [2]})"));
    std::vector<std::string> left;
    for (const auto &[serial, entry] : keys.entries)
        left.push_back(entry.description);
    EXPECT_EQ(left, (std::vector<std::string>{"green:2", "blue:3", "green:4"}));
}

TEST_F(KeyVerb, ErrorsOfTheKernelReachTheUser)
{
    keys.put("blue:2");
    options.number = 2;
    options.files = {key_file("blue", "3")};
    keys.add_error = keys.unlink_error = -EDQUOT;
    EXPECT_NE(error(run_key_add).find("cannot add key 3 of the cluster blue: too many keys"), std::string::npos);
    EXPECT_NE(error(run_key_del).find("cannot delete key 2 of the cluster blue: too many"), std::string::npos);
    keys.read_error = -EKEYREVOKED;
    for (const Verb verb : {run_key_add, run_key_list, run_key_del})
        EXPECT_NE(error(verb).find("cannot list the keys: somebody has revoked"), std::string::npos);
}

// Four bytes of a key, as bytes or as digits, are in nothing that was ever said.
TEST_F(KeyVerb, NoKeyInAnyOutput)
{
    const std::string names[] = {"one", "two"};
    std::vector<std::string> secrets{key_digits};
    for (const std::string &name : names) {
        options.files = {root / name};
        for (const Format format : {Format::text, Format::json})
            try_it(run_key_generate, format);
        const std::string text = content(options.files[0]);
        secrets.push_back(text.substr(text.find("\nkey ") + 5, 64));
        ASSERT_EQ(secrets.back().find_first_not_of("0123456789abcdef"), std::string::npos);
        // The whole file, cut off and bent in every place
        for (std::size_t at = 0; at < text.size(); at += 3) {
            options.files = {file("bent", text.substr(0, at) + "\n" + text.substr(at))};
            try_it(run_key_add);
            options.files = {file("bent", text.substr(0, at))};
            try_it(run_key_add);
            options.files = {file("bent", text + text.substr(at))};
            try_it(run_key_add);
        }
        options.files = {root / name, root / name};
        try_it(run_key_add);
        options.files = {root / name};
        keys.add_error = -EINVAL;
        try_it(run_key_add);
        keys.add_error = 0;
        try_it(run_key_add, Format::json);
        try_it(run_key_list);
        try_it(run_key_list, Format::json);
        options.number = static_cast<std::uint32_t>(secrets.size() - 1);
        try_it(run_key_del);
        options.number = 0;
    }
    ASSERT_GT(said.size(), 10'000u);
    for (const std::string &secret : secrets)
        for (std::size_t at = 0; at + 8 <= secret.size(); at += 2) {
            std::string bytes;
            for (std::size_t i = at; i < at + 8; i += 2)
                bytes += static_cast<char>(std::stoi(secret.substr(i, 2), nullptr, 16));
            EXPECT_EQ(said.find(secret.substr(at, 8)), std::string::npos);
            EXPECT_EQ(said.find(bytes), std::string::npos);
        }
}

// How often the memory of this process has eight bytes of @pattern, whose bits are inverted:
// so that it is not found itself.
unsigned found_in_memory(std::span<const unsigned char> pattern)
{
    unsigned found = 0;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        void *first = nullptr, *end = nullptr;
        char access[5]{};
        if (sscanf(line.c_str(), "%p-%p %4s", &first, &end, access) != 3 || access[0] != 'r' || access[1] != 'w')
            continue;
        for (const auto *at = static_cast<const volatile unsigned char *>(first);
             at + 8 <= static_cast<const volatile unsigned char *>(end); ++at)
            for (std::size_t i = 0; i + 8 <= pattern.size(); i += 8) {
                std::size_t same = 0;
                while (same < 8 && (at[same] ^ pattern[i + same]) == 0xff)
                    ++same;
                found += same == 8;
            }
    }
    return found;
}

// In a process of its own, for the rest of the tests have keys in their memory. And what
// counts is the second key: with the first one, libraries look up functions, and the dynamic
// linker saves the registers, where half a key may be, on the stack. ccmadm is linked so that it
// looks up all of them when it starts.
TEST_F(KeyVerb, NothingOfAKeyIsLeftInMemory)
{
    const auto pieces_left = [this](const std::string &name) -> int {
        options.files = {root / name};
        if (!run(run_key_generate) || !run(run_key_add))
            return -1;
        options.files = {file("bent", "cluster blue\nnumber 1\n")};
        try_it(run_key_add);
        std::array<unsigned char, 64> text{};
        std::array<unsigned char, 32> bytes{};
        {
            const auto key = read_key(root / name, -1);
            KeyText copy;
            const std::string_view formatted = format_key(key.value(), copy);
            for (std::size_t i = 0; i < text.size(); ++i)
                text[i] = static_cast<unsigned char>(~formatted[formatted.size() - 65 + i]);
            for (std::size_t i = 0; i < bytes.size(); ++i)
                bytes[i] = static_cast<unsigned char>(~key.value().bytes[i]);
            // It is found where it is: the search itself works.
            if (found_in_memory(text) < 8 || found_in_memory(bytes) < 4)
                return -2;
        }
        return static_cast<int>(std::min(found_in_memory(text) + found_in_memory(bytes), 100u));
    };
    keys.keep_payloads = false;
    Process process([&] {
        pieces_left("first");
        return 10 + pieces_left("second");
    });
    EXPECT_EQ(process.wait(), 10);
}

TEST(KeyCommandLine, MistakesAreOneLineAndCodeOne)
{
    for (const auto &arguments : std::vector<std::vector<const char *>>{
             {"key"},
             {"key", "frobnicate"},
             {"key", "generate"},
             {"key", "generate", "one", "two"},
             {"key", "generate", "--cluster", "two words", "/nonexistent/key"},
             {"key", "generate", "--cluster", "a-name-of-exactly-32-characters.", "/nonexistent/key"},
             {"key", "generate", "--number", "0", "/nonexistent/key"},
             {"key", "generate", "--number", "010", "/nonexistent/key"},
             {"key", "generate", "--number", "4294967296", "/nonexistent/key"},
             {"key", "add"},
             {"key", "add", "--device", "/dev/ccm", "file"},
             {"key", "list", "extra"},
             {"key", "del"},
             {"key", "del", "0"},
             {"key", "del", "1", "2"},
             {"key", "list", "status"},
         }) {
        Bench bench;
        EXPECT_EQ(bench.run(arguments), 1);
        EXPECT_EQ(bench.output.text, "");
        EXPECT_EQ(bench.errors.text.find("ccmadm: "), 0u) << bench.errors.text;
        EXPECT_EQ(std::count(bench.errors.text.begin(), bench.errors.text.end(), '\n'), 1) << bench.errors.text;
        EXPECT_EQ(bench.path, "");
    }
}

TEST(KeyCommandLine, NeedsNoDevice)
{
    std::string directory = testing::TempDir() + "ccmadm-key-XXXXXX";
    ASSERT_NE(mkdtemp(directory.data()), nullptr);
    const std::string file = directory + "/key";
    Bench bench;
    EXPECT_EQ(bench.run({"key", "generate", file.c_str(), "--cluster", "blue", "--number", "7", "--json"}), 0)
        << bench.errors.text;
    EXPECT_EQ(bench.object(), (json{{"cluster", "blue"}, {"number", 7}, {"file", file}}));
    EXPECT_EQ(bench.path, "");
    // The grammar takes `-` for a file, not for an option.
    Bench adding;
    EXPECT_EQ(adding.run({"key", "add", "-", file.c_str()}), 1);
    EXPECT_EQ(adding.errors.text, "ccmadm: rdma_ccm is not loaded, and its keyring not there: try `modprobe "
                                  "rdma_ccm`\n");
    fs::remove_all(directory);
}

} // namespace
} // namespace ccmadm::test
