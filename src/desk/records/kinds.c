// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which kinds of records there are, and which members each has, in the order they are shown.
#include "desk/records/records.h"

static const char *const TICKET_FIELD_TYPES[] = {
    "text",   "textarea",    "checkbox", "date",   "integer",           "decimal",
    "regexp", "multiselect", "tagger",   "lookup", "partialcreditcard", NULL};
static const char *const KEYED_FIELD_TYPES[] = {"text",     "textarea", "checkbox", "date",
                                                "integer",  "decimal",  "regexp",   "multiselect",
                                                "dropdown", "lookup",   NULL};
static const char *const CATEGORIES[] = {"new", "open", "pending", "hold", "solved", NULL};

static const struct member TICKET_FIELDS[] = {
    {"type", MEMBER_WORD, .required = true, .fixed = true, .words = TICKET_FIELD_TYPES},
    {"title", MEMBER_TEXT, .required = true, .max = 255},
    {"raw_title", MEMBER_COPY, .otherwise = "title"},
    {"description", MEMBER_TEXT, .otherwise = "\"\""},
    {"raw_description", MEMBER_COPY, .otherwise = "description"},
    {"active", MEMBER_FLAG, .otherwise = "true"},
    {"required", MEMBER_FLAG, .otherwise = "false"},
    {"collapsed_for_agents", MEMBER_FLAG, .otherwise = "false"},
    {"regexp_for_validation", MEMBER_TEXT, .max = 1000},
    {"title_in_portal", MEMBER_TEXT, .otherwise = "=title"},
    {"raw_title_in_portal", MEMBER_COPY, .otherwise = "title_in_portal"},
    {"visible_in_portal", MEMBER_FLAG, .otherwise = "false"},
    {"editable_in_portal", MEMBER_FLAG, .otherwise = "false"},
    {"required_in_portal", MEMBER_FLAG, .otherwise = "false"},
    {"tag", MEMBER_TEXT, .max = 100},
    {"key", MEMBER_TEXT, .max = 255},
    {"agent_description", MEMBER_TEXT, .required = false},
    {"sub_type_id", MEMBER_NUMBER, .required = false},
    {"relationship_target_type", MEMBER_TEXT, .fixed = true, .max = 255},
    {"custom_field_options", MEMBER_OPTIONS, .required = false},
    {"system_field_options", MEMBER_LIST, .fixed = true},
};

static const struct member KEYED_FIELDS[] = {
    {"type", MEMBER_WORD, .required = true, .fixed = true, .words = KEYED_FIELD_TYPES},
    {"key", MEMBER_KEY, .required = true, .fixed = true, .max = 255},
    {"title", MEMBER_TEXT, .required = true, .max = 255},
    {"description", MEMBER_TEXT, .otherwise = "\"\""},
    {"raw_title", MEMBER_COPY, .otherwise = "title"},
    {"raw_description", MEMBER_COPY, .otherwise = "description"},
    {"active", MEMBER_FLAG, .otherwise = "true"},
    {"regexp_for_validation", MEMBER_TEXT, .max = 1000},
    {"tag", MEMBER_TEXT, .max = 100},
    {"relationship_target_type", MEMBER_TEXT, .fixed = true, .max = 255},
    {"custom_field_options", MEMBER_OPTIONS, .required = false},
};

static const struct member TICKET_FORMS[] = {
    {"name", MEMBER_TEXT, .required = true, .max = 255},
    {"raw_name", MEMBER_COPY, .otherwise = "name"},
    {"display_name", MEMBER_TEXT, .otherwise = "=name", .max = 255},
    {"raw_display_name", MEMBER_COPY, .otherwise = "display_name"},
    {"end_user_visible", MEMBER_FLAG, .otherwise = "false"},
    {"ticket_field_ids", MEMBER_LIST, .otherwise = "[]"},
    {"active", MEMBER_FLAG, .otherwise = "true"},
    {"default", MEMBER_FLAG, .otherwise = "false"},
    {"in_all_brands", MEMBER_FLAG, .otherwise = "true"},
    {"restricted_brand_ids", MEMBER_LIST, .otherwise = "[]"},
    {"agent_conditions", MEMBER_LIST, .otherwise = "[]"},
    {"end_user_conditions", MEMBER_LIST, .otherwise = "[]"},
};

static const struct member BRANDS[] = {
    {"name", MEMBER_TEXT, .required = true, .max = 255},
    {"subdomain", MEMBER_KEY, .required = true, .max = 63},
    {"host_mapping", MEMBER_TEXT, .max = 255},
    {"has_help_center", MEMBER_FLAG, .otherwise = "false"},
    {"help_center_state", MEMBER_TEXT, .fixed = true, .otherwise = "\"disabled\""},
    {"active", MEMBER_FLAG, .otherwise = "true"},
    {"default", MEMBER_FLAG, .otherwise = "false"},
    {"ticket_form_ids", MEMBER_LIST, .otherwise = "[]"},
    {"signature_template", MEMBER_TEXT, .otherwise = "\"{{agent.signature}}\""},
};

static const struct member CUSTOM_STATUSES[] = {
    {"status_category", MEMBER_WORD, .required = true, .fixed = true, .words = CATEGORIES},
    {"agent_label", MEMBER_TEXT, .required = true, .max = 48},
    {"raw_agent_label", MEMBER_COPY, .otherwise = "agent_label"},
    {"end_user_label", MEMBER_TEXT, .otherwise = "=agent_label", .max = 48},
    {"raw_end_user_label", MEMBER_COPY, .otherwise = "end_user_label"},
    {"description", MEMBER_TEXT, .required = false},
    {"raw_description", MEMBER_COPY, .otherwise = "description"},
    {"end_user_description", MEMBER_TEXT, .required = false},
    {"raw_end_user_description", MEMBER_COPY, .otherwise = "end_user_description"},
    {"active", MEMBER_FLAG, .otherwise = "true"},
    {"default", MEMBER_FLAG, .otherwise = "false"},
};

static const struct member CONTENT_ITEMS[] = {
    {"name", MEMBER_TEXT, .required = true, .max = 255},
    {"placeholder", MEMBER_TEXT, .fixed = true, .max = 300},
    {"default_locale_id", MEMBER_NUMBER, .required = false},
    {"variants", MEMBER_LIST, .otherwise = "[]"},
};

static const struct member RECIPIENT_ADDRESSES[] = {
    {"name", MEMBER_TEXT, .max = 255},
    {"email", MEMBER_TEXT, .required = true, .max = 255},
    {"brand_id", MEMBER_NUMBER, .otherwise = "301"},
    {"default", MEMBER_FLAG, .otherwise = "false"},
};

#define MEMBERS(list) list, sizeof(list) / sizeof *(list)

static const struct record_kind KINDS[] = {
    {"ticket_fields", "ticket_field", MEMBERS(TICKET_FIELDS), .unique = NULL},
    {"user_fields", "user_field", MEMBERS(KEYED_FIELDS), .unique = "key", .fades = true},
    {"organization_fields", "organization_field", MEMBERS(KEYED_FIELDS), .unique = "key",
     .fades = true},
    {"ticket_forms", "ticket_form", MEMBERS(TICKET_FORMS), .remains = true},
    {"brands", "brand", MEMBERS(BRANDS), .unique = "subdomain"},
    {"custom_statuses", "custom_status", MEMBERS(CUSTOM_STATUSES), .fades = true},
    {"dynamic_content_items", "item", MEMBERS(CONTENT_ITEMS), .unique = "placeholder"},
    {"recipient_addresses", "recipient_address", MEMBERS(RECIPIENT_ADDRESSES), .unique = "email"},
};

const struct record_kind *record_kind(struct str name)
{
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (str_eq_c(name, KINDS[i].name)) {
            return &KINDS[i];
        }
    }
    return NULL;
}
