#include <stdio.h>
#include "base/str.h"
#include "desk/desk.h"
#  include "../x.h"
