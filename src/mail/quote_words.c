// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/quote_words.h"

#include <string.h>

#define ATTRIBUTION_MAX 600
#define SEPARATOR_MAX 120
#define LABEL_LINES 8

// Said of the person who wrote what follows. Only ASCII is folded to lower case: words that begin
// with other letters stand here without them where both cases are seen.
static const char *const WROTE[] = {
    "wrote",      "writes",  "schrieb", "geschrieben", "a écrit",    "escribió",    "escribe",
    "ha scritto", "scrisse", "schreef", "escreveu",    "napisał",    "pisze",       "пишет",
    "писал",      "пише",    "skrev",   "kirjoitti",   "napsal",     "napísal",     "írta",
    "yazdı",      "a scris", "menulis", "va escriure", "je napisao", "je napisala", "je pisao",
    "έγραψε",     "כתב",     "كتب",     "نوشت",        "写道",       "寫道",        "書きました",
    "のメール",   "작성",    "쓰셨",    "đã viết",
};

static const char *const ORIGINAL[] = {
    "original message",
    "original appointment",
    "original mail",
    "reply message",
    "ursprüngliche nachricht",
    "originalnachricht",
    "original-nachricht",
    "message d'origine",
    "message d’origine",
    "message original",
    "mensaje original",
    "messaggio originale",
    "mensagem original",
    "oorspronkelijk bericht",
    "oorspronkelijke bericht",
    "oryginalna wiadomość",
    "wiadomość oryginalna",
    "сходное сообщение",
    "ursprungligt meddelande",
    "opprinnelig melding",
    "oprindelig meddelelse",
    "original meddelelse",
    "alkuperäinen viesti",
    "původní zpráva",
    "pôvodná správa",
    "eredeti üzenet",
    "orijinal mesaj",
    "mesaj original",
    "原始邮件",
    "原始郵件",
    "原邮件",
    "元のメッセージ",
    "원본 메시지",
    "원본 메일",
    "الرسالة الأصلية",
};

static const char *const FORWARDED[] = {
    "forwarded message",
    "weitergeleitete nachricht",
    "anfang der weitergeleiteten",
    "message transféré",
    "début du message",
    "mensaje reenviado",
    "messaggio inoltrato",
    "doorgestuurd bericht",
    "mensagem encaminhada",
    "wiadomość przekazana",
    "ересылаемое сообщение",
    "vidarebefordrat meddelande",
    "videresendt melding",
    "välitetty viesti",
    "转发邮件",
    "轉寄",
    "転送",
    "전달된",
};

struct label_words {
    enum quote_label label;
    const char *words;  // with '|' between them
};

static const struct label_words LABELS[] = {
    {QUOTE_LABEL_FROM,
     "from|von|de|da|van|od|från|fra|lähettäjä|kimden|expéditeur|feladó|от|От|发件人|寄件者|寄件人|"
     "差出人|보낸 사람|보낸사람|من"},
    {QUOTE_LABEL_SENT,
     "sent|date|datum|gesendet|envoyé|envoyé le|enviado|enviado el|enviada em|enviado em|"
     "fecha|data|inviato|verzonden|wysłano|skickat|sendt|lähetetty|odesláno|gönderildi|Дата|"
     "Отправлено|发送时间|日期|傳送日期|送信日時|日付|보낸 날짜|보내는 날짜|تاريخ الإرسال"},
    {QUOTE_LABEL_TO,
     "to|an|à|À|a|para|aan|do|komu|till|til|vastaanottaja|kime|címzett|Кому|收件人|收件者|宛先|"
     "받는 사람|받는사람|إلى"},
    {QUOTE_LABEL_SUBJECT,
     "subject|betreff|objet|asunto|oggetto|assunto|onderwerp|temat|ämne|Ämne|emne|aihe|"
     "předmět|predmet|konu|tárgy|subiect|Тема|主题|主旨|件名|제목|الموضوع"},
    {QUOTE_LABEL_CC, "cc|kopie|kopia|Копия|抄送"},
};

static const char *const DEVICE_STARTS[] = {
    "sent from my ",
    "sent from iphone",
    "sent from yahoo mail",
    "sent from outlook",
    "sent from mail for ",
    "sent from samsung",
    "sent from gmail",
    "sent from proton",
    "sent with proton",
    "sent via ",
    "sent using ",
    "get outlook for ",
    "von meinem ",
    "gesendet von meinem ",
    "gesendet von mail ",
    "gesendet mit der ",
    "gesendet von outlook",
    "outlook für ios",
    "outlook für android",
    "holen sie sich outlook",
    "envoyé de mon ",
    "envoyé depuis ",
    "envoyé à partir de ",
    "télécharger outlook",
    "obtenir outlook",
    "enviado desde ",
    "enviado do meu ",
    "enviado a partir d",
    "obtener outlook",
    "obter o outlook",
    "inviato da ",
    "ottieni outlook",
    "verstuurd vanaf ",
    "verzonden vanaf ",
    "download outlook",
    "wysłane z ",
    "wysłano z ",
    "pobierz outlook",
    "skickat från ",
    "sendt fra ",
    "lähetetty ",
    "odesláno z ",
    "iphone'umdan",
    "Отправлено с ",
    "Отправлено из ",
    "发自我的",
    "從我的",
    "나의 ",
};

static const char *const DEVICE_ENDS[] = {
    "から送信",
    "傳送",
    "에서 보냄",
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static bool contains_any(struct str line, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_ifind(line, str_c(words[i])) >= 0) {
            return true;
        }
    }
    return false;
}

// White space of any width, bold marks and invisible direction marks at the ends.
static struct str line_tidy(struct str line)
{
    static const char *const ENDS[] = {"\xc2\xa0",     "\xe2\x80\x8e", "\xe2\x80\x8f",
                                       "\xe3\x80\x80", "\xe2\x80\x8b", "\xef\xbb\xbf"};
    bool changed = true;
    while (changed) {
        struct str before = line = str_trim(line);
        for (size_t i = 0; i < COUNT(ENDS); i++) {
            struct str end = str_c(ENDS[i]);
            line = str_starts(line, end) ? str_from(line, end.len) : line;
            line = str_ends(line, end) ? str_sub(line, 0, line.len - end.len) : line;
        }
        changed = line.len != before.len;
    }
    return line;
}

static size_t digits_in(struct str line)
{
    size_t digits = 0;
    for (size_t i = 0; i < line.len; i++) {
        digits += line.ptr[i] >= '0' && line.ptr[i] <= '9';
    }
    return digits;
}

bool quote_attribution(struct str line)
{
    line = line_tidy(line);
    bool wide = str_ends(line, STR("："));
    if (line.len > ATTRIBUTION_MAX || (!str_ends(line, STR(":")) && !wide)) {
        return false;
    }
    size_t digits = digits_in(line);
    bool address = str_find_char(line, '@') > 0;
    // "2026年5月3日(日) 10:00 Jane <jane@x>:", whatever the language.
    if (address && digits >= 4 && (str_ends(line, STR(">:")) || str_ends(line, STR(")>:")))) {
        return true;
    }
    return (digits >= 2 || address) && contains_any(line, WROTE, COUNT(WROTE));
}

static bool ruled(struct str line)
{
    return str_starts(line, STR("--")) || str_starts(line, STR("__")) ||
           str_starts(line, STR("==")) || str_starts(line, STR("—")) || str_starts(line, STR("–"));
}

bool quote_separator(struct str line)
{
    line = line_tidy(line);
    if (line.len > SEPARATOR_MAX || line.len < 6) {
        return false;
    }
    return ruled(line) && contains_any(line, ORIGINAL, COUNT(ORIGINAL));
}

bool quote_forward(struct str line)
{
    line = line_tidy(line);
    return line.len <= SEPARATOR_MAX && contains_any(line, FORWARDED, COUNT(FORWARDED)) &&
           (ruled(line) || str_ends(line, STR(":")));
}

enum quote_label quote_label_of(struct str line)
{
    line = line_tidy(line);
    while (line.len > 0 && line.ptr[0] == '*') {
        line = str_from(line, 1);
    }
    ptrdiff_t ascii = str_find_char(line, ':');
    ptrdiff_t wide = str_find(line, STR("："));
    ptrdiff_t colon = ascii < 0 || (wide >= 0 && wide < ascii) ? wide : ascii;
    if (colon <= 0 || colon > 40) {
        return QUOTE_LABEL_NONE;
    }
    struct str word = line_tidy(str_sub(line, 0, (size_t)colon));
    while (word.len > 0 && word.ptr[word.len - 1] == '*') {
        word.len--;
    }
    for (size_t i = 0; i < COUNT(LABELS); i++) {
        struct str rest = str_c(LABELS[i].words);
        struct str known;
        while (str_next(&rest, '|', &known)) {
            if (str_ieq(line_tidy(word), known)) {
                return LABELS[i].label;
            }
        }
    }
    return QUOTE_LABEL_NONE;
}

bool quote_header_block(struct str lines)
{
    struct str line;
    bool seen[QUOTE_LABEL_CC + 1] = {false};
    int others = 0;
    int read = 0;
    while (read < LABEL_LINES && str_next(&lines, '\n', &line)) {
        if (line_tidy(line).len == 0 && read > 0) {
            continue;
        }
        enum quote_label label = quote_label_of(line);
        if (read++ == 0 && label != QUOTE_LABEL_FROM) {
            return false;
        }
        if (label != QUOTE_LABEL_NONE && label != QUOTE_LABEL_FROM && !seen[label]) {
            seen[label] = true;
            others++;
        }
    }
    return others >= 2 && (seen[QUOTE_LABEL_SENT] || seen[QUOTE_LABEL_SUBJECT]);
}

bool quote_device_line(struct str line)
{
    line = line_tidy(line);
    while (line.len > 0 && (line.ptr[0] == '*' || line.ptr[0] == '_' || line.ptr[0] == '[')) {
        line = str_from(line, 1);
    }
    if (line.len == 0 || line.len > 160) {
        return false;
    }
    for (size_t i = 0; i < COUNT(DEVICE_STARTS); i++) {
        if (str_istarts(line, str_c(DEVICE_STARTS[i]))) {
            // "Von meinem Standpunkt aus …" is none.
            return !str_ieq_c(str_c(DEVICE_STARTS[i]), "von meinem ") ||
                   str_ends(line, STR("gesendet")) || str_ends(line, STR("gesendet."));
        }
    }
    for (size_t i = 0; i < COUNT(DEVICE_ENDS); i++) {
        if (str_ends(line, str_c(DEVICE_ENDS[i])) && line.len < 80) {
            return true;
        }
    }
    return false;
}

bool quote_signature_delimiter(struct str line)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r') {
        line.len--;
    }
    return str_eq_c(line, "-- ") || str_eq_c(line, "--") || str_eq_c(line, "--\xc2\xa0");
}
