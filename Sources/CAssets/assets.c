// Written by scripts/embed-assets; do not edit. #embed is C23 (6.10.4).
#include "table.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char asset_0[] = {
#embed "../../reports/post-mortem.md" suffix(, 0) if_empty(0)
};

static const unsigned char asset_1[] = {
#embed "../../site/api/openapi.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_2[] = {
#embed "../../site/api/schemas/analytics.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_3[] = {
#embed "../../site/api/schemas/case.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_4[] = {
#embed "../../site/api/schemas/change.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_5[] = {
#embed "../../site/api/schemas/changes.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_6[] = {
#embed "../../site/api/schemas/common.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_7[] = {
#embed "../../site/api/schemas/dead-letters.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_8[] = {
#embed "../../site/api/schemas/events.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_9[] = {
#embed "../../site/api/schemas/filters.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_10[] = {
#embed "../../site/api/schemas/index.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_11[] = {
#embed "../../site/api/schemas/investigations.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_12[] = {
#embed "../../site/api/schemas/selection.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_13[] = {
#embed "../../site/api/schemas/sources.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_14[] = {
#embed "../../site/api/schemas/stats.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_15[] = {
#embed "../../site/css/base.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_16[] = {
#embed "../../site/css/board.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_17[] = {
#embed "../../site/css/canvas.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_18[] = {
#embed "../../site/css/parts.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_19[] = {
#embed "../../site/css/report.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_20[] = {
#embed "../../site/css/tokens.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_21[] = {
#embed "../../site/js/age.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_22[] = {
#embed "../../site/js/axis.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_23[] = {
#embed "../../site/js/board.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_24[] = {
#embed "../../site/js/canvas.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_25[] = {
#embed "../../site/js/copy.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_26[] = {
#embed "../../site/js/density.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_27[] = {
#embed "../../site/js/dom.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_28[] = {
#embed "../../site/js/graph.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_29[] = {
#embed "../../site/js/json.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_30[] = {
#embed "../../site/js/keys.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_31[] = {
#embed "../../site/js/lanes.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_32[] = {
#embed "../../site/js/news.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_33[] = {
#embed "../../site/js/plot.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_34[] = {
#embed "../../site/js/rows.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_35[] = {
#embed "../../site/js/span.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_36[] = {
#embed "../../site/js/state.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_37[] = {
#embed "../../site/js/take.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_38[] = {
#embed "../../site/js/text.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_39[] = {
#embed "../../site/js/theme.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_40[] = {
#embed "../../site/js/time.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_41[] = {
#embed "../../templates/board.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_42[] = {
#embed "../../templates/canvas.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_43[] = {
#embed "../../templates/digest.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_44[] = {
#embed "../../templates/digest.txt" suffix(, 0) if_empty(0)
};

static const unsigned char asset_45[] = {
#embed "../../templates/partials/cause.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_46[] = {
#embed "../../templates/partials/detail.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_47[] = {
#embed "../../templates/partials/marks.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_48[] = {
#embed "../../templates/partials/sentence.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_49[] = {
#embed "../../templates/partials/suspect.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_50[] = {
#embed "../../templates/partials/terms.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_51[] = {
#embed "../../templates/report.html" suffix(, 0) if_empty(0)
};

const struct caseboard_asset caseboard_asset_table[] = {
    {"reports/post-mortem.md", asset_0, sizeof asset_0 - 1},
    {"site/api/openapi.json", asset_1, sizeof asset_1 - 1},
    {"site/api/schemas/analytics.json", asset_2, sizeof asset_2 - 1},
    {"site/api/schemas/case.json", asset_3, sizeof asset_3 - 1},
    {"site/api/schemas/change.json", asset_4, sizeof asset_4 - 1},
    {"site/api/schemas/changes.json", asset_5, sizeof asset_5 - 1},
    {"site/api/schemas/common.json", asset_6, sizeof asset_6 - 1},
    {"site/api/schemas/dead-letters.json", asset_7, sizeof asset_7 - 1},
    {"site/api/schemas/events.json", asset_8, sizeof asset_8 - 1},
    {"site/api/schemas/filters.json", asset_9, sizeof asset_9 - 1},
    {"site/api/schemas/index.json", asset_10, sizeof asset_10 - 1},
    {"site/api/schemas/investigations.json", asset_11, sizeof asset_11 - 1},
    {"site/api/schemas/selection.json", asset_12, sizeof asset_12 - 1},
    {"site/api/schemas/sources.json", asset_13, sizeof asset_13 - 1},
    {"site/api/schemas/stats.json", asset_14, sizeof asset_14 - 1},
    {"site/css/base.css", asset_15, sizeof asset_15 - 1},
    {"site/css/board.css", asset_16, sizeof asset_16 - 1},
    {"site/css/canvas.css", asset_17, sizeof asset_17 - 1},
    {"site/css/parts.css", asset_18, sizeof asset_18 - 1},
    {"site/css/report.css", asset_19, sizeof asset_19 - 1},
    {"site/css/tokens.css", asset_20, sizeof asset_20 - 1},
    {"site/js/age.js", asset_21, sizeof asset_21 - 1},
    {"site/js/axis.js", asset_22, sizeof asset_22 - 1},
    {"site/js/board.js", asset_23, sizeof asset_23 - 1},
    {"site/js/canvas.js", asset_24, sizeof asset_24 - 1},
    {"site/js/copy.js", asset_25, sizeof asset_25 - 1},
    {"site/js/density.js", asset_26, sizeof asset_26 - 1},
    {"site/js/dom.js", asset_27, sizeof asset_27 - 1},
    {"site/js/graph.js", asset_28, sizeof asset_28 - 1},
    {"site/js/json.js", asset_29, sizeof asset_29 - 1},
    {"site/js/keys.js", asset_30, sizeof asset_30 - 1},
    {"site/js/lanes.js", asset_31, sizeof asset_31 - 1},
    {"site/js/news.js", asset_32, sizeof asset_32 - 1},
    {"site/js/plot.js", asset_33, sizeof asset_33 - 1},
    {"site/js/rows.js", asset_34, sizeof asset_34 - 1},
    {"site/js/span.js", asset_35, sizeof asset_35 - 1},
    {"site/js/state.js", asset_36, sizeof asset_36 - 1},
    {"site/js/take.js", asset_37, sizeof asset_37 - 1},
    {"site/js/text.js", asset_38, sizeof asset_38 - 1},
    {"site/js/theme.js", asset_39, sizeof asset_39 - 1},
    {"site/js/time.js", asset_40, sizeof asset_40 - 1},
    {"templates/board.html", asset_41, sizeof asset_41 - 1},
    {"templates/canvas.html", asset_42, sizeof asset_42 - 1},
    {"templates/digest.html", asset_43, sizeof asset_43 - 1},
    {"templates/digest.txt", asset_44, sizeof asset_44 - 1},
    {"templates/partials/cause.html", asset_45, sizeof asset_45 - 1},
    {"templates/partials/detail.html", asset_46, sizeof asset_46 - 1},
    {"templates/partials/marks.html", asset_47, sizeof asset_47 - 1},
    {"templates/partials/sentence.html", asset_48, sizeof asset_48 - 1},
    {"templates/partials/suspect.html", asset_49, sizeof asset_49 - 1},
    {"templates/partials/terms.html", asset_50, sizeof asset_50 - 1},
    {"templates/report.html", asset_51, sizeof asset_51 - 1},
    {0, 0, 0},
};
const size_t caseboard_asset_table_count = sizeof caseboard_asset_table / sizeof caseboard_asset_table[0] - 1;
