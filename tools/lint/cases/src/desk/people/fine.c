// #include "desk/tickets/queries.h"
#include "desk/people/people.h"
