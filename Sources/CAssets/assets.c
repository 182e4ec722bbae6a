// Written by scripts/embed-assets; do not edit. #embed is C23 (6.10.4).
#include "table.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char asset_0[] = {
#embed "../../CHANGELOG.md" suffix(, 0) if_empty(0)
};

static const unsigned char asset_1[] = {
#embed "../../reports/post-mortem.md" suffix(, 0) if_empty(0)
};

static const unsigned char asset_2[] = {
#embed "../../site/api/openapi.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_3[] = {
#embed "../../site/api/schemas/analytics.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_4[] = {
#embed "../../site/api/schemas/case.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_5[] = {
#embed "../../site/api/schemas/change.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_6[] = {
#embed "../../site/api/schemas/changes.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_7[] = {
#embed "../../site/api/schemas/common.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_8[] = {
#embed "../../site/api/schemas/dead-letters.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_9[] = {
#embed "../../site/api/schemas/events.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_10[] = {
#embed "../../site/api/schemas/filters.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_11[] = {
#embed "../../site/api/schemas/index.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_12[] = {
#embed "../../site/api/schemas/investigations.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_13[] = {
#embed "../../site/api/schemas/selection.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_14[] = {
#embed "../../site/api/schemas/sources.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_15[] = {
#embed "../../site/api/schemas/stats.json" suffix(, 0) if_empty(0)
};

static const unsigned char asset_16[] = {
#embed "../../site/css/bar.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_17[] = {
#embed "../../site/css/base.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_18[] = {
#embed "../../site/css/canvas.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_19[] = {
#embed "../../site/css/parts.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_20[] = {
#embed "../../site/css/report.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_21[] = {
#embed "../../site/css/site.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_22[] = {
#embed "../../site/css/tokens.css" suffix(, 0) if_empty(0)
};

static const unsigned char asset_23[] = {
#embed "../../site/js/age.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_24[] = {
#embed "../../site/js/axis.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_25[] = {
#embed "../../site/js/canvas.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_26[] = {
#embed "../../site/js/copy.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_27[] = {
#embed "../../site/js/density.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_28[] = {
#embed "../../site/js/dom.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_29[] = {
#embed "../../site/js/filter.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_30[] = {
#embed "../../site/js/find.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_31[] = {
#embed "../../site/js/go.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_32[] = {
#embed "../../site/js/graph.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_33[] = {
#embed "../../site/js/json.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_34[] = {
#embed "../../site/js/keys.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_35[] = {
#embed "../../site/js/lanes.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_36[] = {
#embed "../../site/js/news.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_37[] = {
#embed "../../site/js/plot.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_38[] = {
#embed "../../site/js/report.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_39[] = {
#embed "../../site/js/rows.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_40[] = {
#embed "../../site/js/search.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_41[] = {
#embed "../../site/js/shards.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_42[] = {
#embed "../../site/js/site.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_43[] = {
#embed "../../site/js/span.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_44[] = {
#embed "../../site/js/state.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_45[] = {
#embed "../../site/js/take.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_46[] = {
#embed "../../site/js/terms.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_47[] = {
#embed "../../site/js/text.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_48[] = {
#embed "../../site/js/theme.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_49[] = {
#embed "../../site/js/time.js" suffix(, 0) if_empty(0)
};

static const unsigned char asset_50[] = {
#embed "../../templates/analytics.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_51[] = {
#embed "../../templates/archive.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_52[] = {
#embed "../../templates/board.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_53[] = {
#embed "../../templates/canvas.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_54[] = {
#embed "../../templates/changelog.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_55[] = {
#embed "../../templates/day.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_56[] = {
#embed "../../templates/digest.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_57[] = {
#embed "../../templates/digest.txt" suffix(, 0) if_empty(0)
};

static const unsigned char asset_58[] = {
#embed "../../templates/help.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_59[] = {
#embed "../../templates/partials/cases.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_60[] = {
#embed "../../templates/partials/cause.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_61[] = {
#embed "../../templates/partials/detail.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_62[] = {
#embed "../../templates/partials/filters.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_63[] = {
#embed "../../templates/partials/foot.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_64[] = {
#embed "../../templates/partials/found.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_65[] = {
#embed "../../templates/partials/keys.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_66[] = {
#embed "../../templates/partials/marks.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_67[] = {
#embed "../../templates/partials/mast.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_68[] = {
#embed "../../templates/partials/mention.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_69[] = {
#embed "../../templates/partials/numbers.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_70[] = {
#embed "../../templates/partials/places.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_71[] = {
#embed "../../templates/partials/ranking.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_72[] = {
#embed "../../templates/partials/sentence.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_73[] = {
#embed "../../templates/partials/sources.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_74[] = {
#embed "../../templates/partials/suspect.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_75[] = {
#embed "../../templates/partials/terms.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_76[] = {
#embed "../../templates/report.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_77[] = {
#embed "../../templates/reports.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_78[] = {
#embed "../../templates/service.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_79[] = {
#embed "../../templates/services.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_80[] = {
#embed "../../templates/source.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_81[] = {
#embed "../../templates/sources.html" suffix(, 0) if_empty(0)
};

static const unsigned char asset_82[] = {
#embed "../../templates/timeline.html" suffix(, 0) if_empty(0)
};

const struct caseboard_asset caseboard_asset_table[] = {
    {"CHANGELOG.md", asset_0, sizeof asset_0 - 1},
    {"reports/post-mortem.md", asset_1, sizeof asset_1 - 1},
    {"site/api/openapi.json", asset_2, sizeof asset_2 - 1},
    {"site/api/schemas/analytics.json", asset_3, sizeof asset_3 - 1},
    {"site/api/schemas/case.json", asset_4, sizeof asset_4 - 1},
    {"site/api/schemas/change.json", asset_5, sizeof asset_5 - 1},
    {"site/api/schemas/changes.json", asset_6, sizeof asset_6 - 1},
    {"site/api/schemas/common.json", asset_7, sizeof asset_7 - 1},
    {"site/api/schemas/dead-letters.json", asset_8, sizeof asset_8 - 1},
    {"site/api/schemas/events.json", asset_9, sizeof asset_9 - 1},
    {"site/api/schemas/filters.json", asset_10, sizeof asset_10 - 1},
    {"site/api/schemas/index.json", asset_11, sizeof asset_11 - 1},
    {"site/api/schemas/investigations.json", asset_12, sizeof asset_12 - 1},
    {"site/api/schemas/selection.json", asset_13, sizeof asset_13 - 1},
    {"site/api/schemas/sources.json", asset_14, sizeof asset_14 - 1},
    {"site/api/schemas/stats.json", asset_15, sizeof asset_15 - 1},
    {"site/css/bar.css", asset_16, sizeof asset_16 - 1},
    {"site/css/base.css", asset_17, sizeof asset_17 - 1},
    {"site/css/canvas.css", asset_18, sizeof asset_18 - 1},
    {"site/css/parts.css", asset_19, sizeof asset_19 - 1},
    {"site/css/report.css", asset_20, sizeof asset_20 - 1},
    {"site/css/site.css", asset_21, sizeof asset_21 - 1},
    {"site/css/tokens.css", asset_22, sizeof asset_22 - 1},
    {"site/js/age.js", asset_23, sizeof asset_23 - 1},
    {"site/js/axis.js", asset_24, sizeof asset_24 - 1},
    {"site/js/canvas.js", asset_25, sizeof asset_25 - 1},
    {"site/js/copy.js", asset_26, sizeof asset_26 - 1},
    {"site/js/density.js", asset_27, sizeof asset_27 - 1},
    {"site/js/dom.js", asset_28, sizeof asset_28 - 1},
    {"site/js/filter.js", asset_29, sizeof asset_29 - 1},
    {"site/js/find.js", asset_30, sizeof asset_30 - 1},
    {"site/js/go.js", asset_31, sizeof asset_31 - 1},
    {"site/js/graph.js", asset_32, sizeof asset_32 - 1},
    {"site/js/json.js", asset_33, sizeof asset_33 - 1},
    {"site/js/keys.js", asset_34, sizeof asset_34 - 1},
    {"site/js/lanes.js", asset_35, sizeof asset_35 - 1},
    {"site/js/news.js", asset_36, sizeof asset_36 - 1},
    {"site/js/plot.js", asset_37, sizeof asset_37 - 1},
    {"site/js/report.js", asset_38, sizeof asset_38 - 1},
    {"site/js/rows.js", asset_39, sizeof asset_39 - 1},
    {"site/js/search.js", asset_40, sizeof asset_40 - 1},
    {"site/js/shards.js", asset_41, sizeof asset_41 - 1},
    {"site/js/site.js", asset_42, sizeof asset_42 - 1},
    {"site/js/span.js", asset_43, sizeof asset_43 - 1},
    {"site/js/state.js", asset_44, sizeof asset_44 - 1},
    {"site/js/take.js", asset_45, sizeof asset_45 - 1},
    {"site/js/terms.js", asset_46, sizeof asset_46 - 1},
    {"site/js/text.js", asset_47, sizeof asset_47 - 1},
    {"site/js/theme.js", asset_48, sizeof asset_48 - 1},
    {"site/js/time.js", asset_49, sizeof asset_49 - 1},
    {"templates/analytics.html", asset_50, sizeof asset_50 - 1},
    {"templates/archive.html", asset_51, sizeof asset_51 - 1},
    {"templates/board.html", asset_52, sizeof asset_52 - 1},
    {"templates/canvas.html", asset_53, sizeof asset_53 - 1},
    {"templates/changelog.html", asset_54, sizeof asset_54 - 1},
    {"templates/day.html", asset_55, sizeof asset_55 - 1},
    {"templates/digest.html", asset_56, sizeof asset_56 - 1},
    {"templates/digest.txt", asset_57, sizeof asset_57 - 1},
    {"templates/help.html", asset_58, sizeof asset_58 - 1},
    {"templates/partials/cases.html", asset_59, sizeof asset_59 - 1},
    {"templates/partials/cause.html", asset_60, sizeof asset_60 - 1},
    {"templates/partials/detail.html", asset_61, sizeof asset_61 - 1},
    {"templates/partials/filters.html", asset_62, sizeof asset_62 - 1},
    {"templates/partials/foot.html", asset_63, sizeof asset_63 - 1},
    {"templates/partials/found.html", asset_64, sizeof asset_64 - 1},
    {"templates/partials/keys.html", asset_65, sizeof asset_65 - 1},
    {"templates/partials/marks.html", asset_66, sizeof asset_66 - 1},
    {"templates/partials/mast.html", asset_67, sizeof asset_67 - 1},
    {"templates/partials/mention.html", asset_68, sizeof asset_68 - 1},
    {"templates/partials/numbers.html", asset_69, sizeof asset_69 - 1},
    {"templates/partials/places.html", asset_70, sizeof asset_70 - 1},
    {"templates/partials/ranking.html", asset_71, sizeof asset_71 - 1},
    {"templates/partials/sentence.html", asset_72, sizeof asset_72 - 1},
    {"templates/partials/sources.html", asset_73, sizeof asset_73 - 1},
    {"templates/partials/suspect.html", asset_74, sizeof asset_74 - 1},
    {"templates/partials/terms.html", asset_75, sizeof asset_75 - 1},
    {"templates/report.html", asset_76, sizeof asset_76 - 1},
    {"templates/reports.html", asset_77, sizeof asset_77 - 1},
    {"templates/service.html", asset_78, sizeof asset_78 - 1},
    {"templates/services.html", asset_79, sizeof asset_79 - 1},
    {"templates/source.html", asset_80, sizeof asset_80 - 1},
    {"templates/sources.html", asset_81, sizeof asset_81 - 1},
    {"templates/timeline.html", asset_82, sizeof asset_82 - 1},
    {0, 0, 0},
};
const size_t caseboard_asset_table_count = sizeof caseboard_asset_table / sizeof caseboard_asset_table[0] - 1;
