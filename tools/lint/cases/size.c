// What check_size counts, and what it must not take for a function or a fork.
#define MACRO(a) if (a) { while (a) {} } \
    if (a) {}
struct point { int x; };
static const struct point points[] = {{1}, {2}};

static int six(int a, int b, int c, int d, int e, int f, int *ret_g, int *ret, struct error *err)
{
    return a + b + c + d + e + f;
}

static int seven(int a, int b, int c, int d, int e, int f, int g)
{
    return a + b + c + d + e + f + g;
}

static int foreign(void *cls, int a, int b, int c, int d, int e, int f, int g)
{
    return seven(a, b, c, d, e, f, g) + (cls != 0);
}
// if ( { ' " in a comment
static const char *text(void)
{
    return "if (x) { '" "}";
}

static int deep(int a)
{
    if (a) {
        for (;;) {
            while (a) {
                switch (a) {
                    do {
    struct point p = {0}; /* { */ return p.x;
    } while (a);
    }}}}
}

static int paths(int a)
{
    if (a == 0 && a) { return a ? 1 : 2; }
    if (a == 1 && a) { return a ? 1 : 2; }
    if (a == 2 && a) { return a ? 1 : 2; }
    if (a == 3 && a) { return a ? 1 : 2; }
    if (a == 4 && a) { return a ? 1 : 2; }
    if (a == 5 && a) { return a ? 1 : 2; }
    if (a == 6 && a) { return a ? 1 : 2; }
    if (a == 7 && a) { return a ? 1 : 2; }
    return 0;
}

static void fifteen(int a)
{
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
    if (a) { a++; }
}

static void hundred(void)
{
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
}

static void more(void)
{
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
    ;
}




















































































































































































































































































































































































































































































































































































































































