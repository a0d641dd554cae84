// libjwt of Debian, with a key in PEM: our tokens as they are, and with tokens.typ = "JWT".
// variants: as-it-is typ-JWT
// apt: libjwt-dev
// link: -ljwt
#include <jwt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int main(void) {
    static unsigned char key[8192];
    char path[4096], command[8192];
    size_t length = 0;
    const char *secret = getenv("SECRET");
    if (*secret) {
        snprintf(command, sizeof command, "python3 -c 'import base64, sys; sys.stdout.buffer.write(base64.urlsafe_b64decode(\"%s=\"))'", secret);
        FILE *decoded = popen(command, "r");
        length = fread(key, 1, sizeof key, decoded);
        pclose(decoded);
    } else {
        snprintf(path, sizeof path, "%s/public.pem", getenv("AT"));
        FILE *file = fopen(path, "r");
        length = fread(key, 1, sizeof key - 1, file);
        fclose(file);
    }
    jwt_t *jwt = NULL;
    int error = jwt_decode(&jwt, getenv("TOKEN"), key, (int)length);
    if (error) {
        printf("jwt_decode = %d %s\n", error, strerror(error));
        return 1;
    }
    int wrong = strcmp(jwt_alg_str(jwt_get_alg(jwt)), getenv("ALGORITHM")) || strcmp(jwt_get_grant(jwt, "iss"), getenv("ISSUER")) ||
                strcmp(jwt_get_grant(jwt, "aud"), getenv("AUDIENCE")) || jwt_get_grant_int(jwt, "exp") <= time(NULL);
    return wrong;
}
