// cpp-jwt of Debian, with a key in PEM: our tokens as they are, and with tokens.typ = "JWT".
// variants: as-it-is typ-JWT
// apt: libcpp-jwt-dev nlohmann-json3-dev
// link: -lcrypto
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <jwt/jwt.hpp>

int main() {
    auto env = [](const char *name) { return std::string(std::getenv(name)); };
    std::ifstream file(env("AT") + "/public.pem");
    std::string key((std::istreambuf_iterator<char>(file)), {});
    if (!env("SECRET").empty()) {
        FILE *decoded = popen(("python3 -c 'import base64, sys; sys.stdout.buffer.write(base64.urlsafe_b64decode(\"" + env("SECRET") + "=\"))'").c_str(), "r");
        char bytes[256];
        key.assign(bytes, fread(bytes, 1, sizeof bytes, decoded));
        pclose(decoded);
    }
    try {
        using namespace jwt::params;
        auto decoded = jwt::decode(env("TOKEN"), algorithms({env("ALGORITHM")}), secret(key), issuer(env("ISSUER")), aud(env("AUDIENCE")), verify(true));
    } catch (const std::exception &error) {
        std::cout << error.what() << std::endl;
        return 1;
    }
}
