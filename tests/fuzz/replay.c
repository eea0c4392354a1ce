// SPDX-License-Identifier: GPL-3.0-or-later
//
// replay FOLDER|FILE...: gives a fuzz target every file once, as a normal test. Folders that are
// not there are passed over: a target without findings has no regressions.
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int inputs;

static bool replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        return false;
    }
    long size = ftell(file);
    rewind(file);
    // Exactly as large as the input, so that the sanitizer sees the first byte past its end.
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    bool good = size >= 0 && data != NULL && fread(data, 1, (size_t)size, file) == (size_t)size;
    fclose(file);
    if (good) {
        printf("%s\n", path);
        fflush(stdout);
        (void)LLVMFuzzerTestOneInput(data, (size_t)size);
        inputs++;
    }
    free(data);
    return good;
}

static bool replay_folder(const char *path)
{
    struct dirent **names = NULL;
    int count = scandir(path, &names, NULL, alphasort);
    bool good = true;
    for (int i = 0; i < count; i++) {
        char file[4096];
        if (names[i]->d_name[0] != '.') {
            snprintf(file, sizeof(file), "%s/%s", path, names[i]->d_name);
            good = replay_file(file) && good;
        }
        free(names[i]);
    }
    free(names);
    return good;
}

int main(int argc, char **argv)
{
    bool good = true;
    (void)LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++) {
        struct stat status;
        if (stat(argv[i], &status) != 0) {
            continue;
        }
        good = (S_ISDIR(status.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i])) && good;
    }
    printf("%d inputs\n", inputs);
    return good ? 0 : 1;
}
