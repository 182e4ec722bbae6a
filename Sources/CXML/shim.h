// Debian's libxml2 is built with ICU, whose C headers clash with the ICU inside Swift's Foundation when both are seen. None
// of libxml2's ICU types is used through this module, so they are left out.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/SAX2.h>
#include <libxml/xmlerror.h>
#include <libxml/HTMLparser.h>
#include <libxml/tree.h>
