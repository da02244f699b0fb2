/* A Python with address and undefined-behaviour sanitizers, for an extension that was built with them. They have to be there
   from the start of a process; in LD_PRELOAD all its children would inherit them, browsers too. Reports go to REPORT.<pid>. */

#include <dlfcn.h>

#define OPTIONS "abort_on_error=1:print_stacktrace=1:log_path=" REPORT

int Py_BytesMain(int argc, char **argv);

/* Python keeps what it made for the whole of a program: no leak. */
const char *__asan_default_options(void) { return OPTIONS ":detect_leaks=0"; }

const char *__ubsan_default_options(void) { return OPTIONS; }

/* libubsan sets its path by a function that libasan has too, and calls that one. */
static void set_report_path_of_ubsan(void)
{
    void *library = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
    void (*set_report_path)(const char *) = dlsym(library, "__sanitizer_set_report_path");
    set_report_path(REPORT);
}

int main(int argc, char **argv)
{
    set_report_path_of_ubsan();
    return Py_BytesMain(argc, argv);
}
