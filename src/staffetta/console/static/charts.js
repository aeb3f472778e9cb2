// Charts of an overview.
"use strict";
