import { existsSync, readFileSync } from 'node:fs'

/** Names that try to be something else: code, markup, formulas, escapes, prototypes, templates. */
const own: readonly string[] = [
  '"', "'", '`', '```', '``` ```', '"""', "'''", '\\', '\\\\', '\\"', "\\'", '\\n', '\\u0041', '\\x41', '\\N{DIGIT ONE}',
  '"]', '"}', '")', "')", '"); import os; os.system("id") #', "'); process.exit(1) //", '${process.exit(1)}', '#{1+1}',
  '"},{"cell_type":"code","source":"import os', '],"metadata":{}}', '\n', '\r\n', '\r', 'a\nb', 'a\n%%bash\nid', '!id', '%cd /',
  '?', 'x?', '>>> 1', '... 1', '%%html', 'a\n\nimport os', '\t', '\u0000', '\u0001', '\u001b[31mred\u001b[0m', '\u007f', '\u0085', '\u009b',
  '\u00a0', '\u00ad', '\u200b', '\u200d', '\u200e', '\u2028', '\u2029', 'a\u2028b\u2029c', '\u202e desrever', '\u2066x\u2069', '\ufeff', '\uffff',
  '\ud800', '\udc00', '\udc00\ud800', '😀', '👩‍👩‍👧', '𝕬', '\u{10ffff}', 'größe', '売上', 'цена', 'مرحبا', 'e\u0301', '\u00e9', '10²',
  '{{x}}', '{{{x}}}', '{{&x}}', '{{#rows}}', '{{/rows}}', '{{=<% %>=}}', '{{>setup}}', '{{constructor}}', '{{', '}}', '{% raw %}', '<%= 1 %>',
  '<script>alert(1)</script>', '</script>', '<img src=x onerror=alert(1)>', '<b>bold</b>', '<!--', '-->', '<![CDATA[', ']]>', '&lt;', '&amp;', '&#x41;',
  '<svg onload=alert(1)>', '<a href="javascript:alert(1)">x</a>', '<style>*{display:none}</style>', '<iframe>', '<x', 'a<b>c',
  '[x](javascript:alert(1))', '![x](http://example.com/x.png)', '[x]', '[x]: http://example.com', '<http://example.com>', 'http://example.com',
  'www.example.com', 'a@example.com', '# heading', '## h', '- item', '+ item', '* item', '1. item', '1) item', '> quote', '---', '===', '***', '___',
  '    code', '~~~', '~~x~~', '**x**', '_x_', '__x__', 'snake_case_name', 'a|b', '|', '\\|', '|---|', ':---', '$x$', '$$x$$', '\\(x\\)', '\\[x\\]',
  '$\\href{javascript:alert(1)}{x}$', '@@0@@', '\\begin{align}', '=cmd|\' /C calc\'!A0', '@SUM(1)', '+1', '-1', '\t=1',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', 'length', 'prototype', '2', '01', '-0', '1e5', 'NaN', 'None', 'True', 'null',
  'undefined', 'import os', '*/', '/*', '//', '#', ' ', '', ' a ', 'a.b[0]', 'x'.repeat(500), '`'.repeat(20), '\\'.repeat(9), '('.repeat(50),
] // prettier-ignore

const from = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i))
const words = (text: string) => text.split(' ')

const PUNCTUATION = [...from(0x21, 0x2f), ...from(0x3a, 0x40), ...from(0x5b, 0x60), ...from(0x7b, 0x7e)]
const TAGS = words('a audio base body button details embed form frame input link marquee math meta object option plaintext select table template textarea title video xmp') // prettier-ignore
const SCHEMES = words('javascript: JaVaScRiPt: data:text/html, vbscript: file:/// jar: blob: //')
const KEYS = words('__defineGetter__ __lookupSetter__ valueOf isPrototypeOf toLocaleString caller arguments callee __class__ __init__ __builtins__ __import__ __dict__ __name__ self this super eval exec globals lambda yield await class return') // prettier-ignore
const FILES = words('. .. ../ ../../../../etc/passwd ..\\..\\boot.ini /dev/null //server/share C:\\ C:/x ~ ~root -rf --help -o CON NUL COM1 LPT1 aux.txt a/b a\\b %2e%2e%2f ..%2f file\u0000.csv') // prettier-ignore
const NUMBERS = words(
  "0 00 1 -1 +1 1.0 1. .5 - -. 1/2 1/0 0x1F 0b101 0o17 1_000 1,000 1.000,5 1'000 1e400 -1e400 1E+02 5e-324 1e-400 9007199254740993 18446744073709551616 340282366920938463463374607431768211456 Infinity -Infinity inf -inf INF 1#INF nan NAN N/A #N/A #REF! #DIV/0! #NAME? ½ ² ٣ 一 Ⅻ ①  $1 1$ €5 5% 100° 1:2 12:60 0000-00-00 2026-02-30 31/31/31 1970-01-01T00:00:00Z 1e3.5 1..2 --1 +-1",
) // prettier-ignore
const SHELL = ['$(id)', '`id`', '; id', '| id', '&& id', '|| id', '> /tmp/x', '< /etc/passwd', '$HOME', '${HOME}', '$IFS', '*', '**', '~', '!!', '!$', '{a,b}', '\\\n', "'; id; '", '%PATH%', '^&', '&calc', '@echo off'] // prettier-ignore
const QUERIES = ["' OR '1'='1", "'; DROP TABLE rows; --", '1; SELECT pg_sleep(9)', "' UNION SELECT NULL --", '" or ""="', "admin'--", '%', '_', "\\' OR 1=1", '{"$gt": ""}', "x' AND 1=CONVERT(int, @@version) --"] // prettier-ignore
const FORMATS = ['%s', '%n', '%d', '%x%x%x', '%1$s', '%%', '%(name)s', '{0}', '{}', '{x!r}', '{x.__class__}', '#{x}', '<%= x %>', '<?php x ?>', '{% x %}', '{{7*7}}', '${7*7}', '@{x}', '[[${x}]]', '\\d+', '(a+)+$', '(?', '[', '*+', '^$'] // prettier-ignore
const MARKUP = [
  ...TAGS.map(tag => `<${tag} onfocus=alert(1) autofocus>`),
  ...TAGS.slice(0, 12).map(tag => `"></${tag}><script>alert(1)</script>`),
  ...SCHEMES.map(scheme => `<a href="${scheme}alert(1)">x</a>`),
  ...SCHEMES.map(scheme => `[x](${scheme}alert(1))`),
  '" onmouseover="alert(1)', "' onmouseover='alert(1)", '` onmouseover=`alert(1)', ' onmouseover=alert(1) x=', '"/><img src=x onerror=alert(1)>',
  '&lt;script&gt;', '&#60;script&#62;', '&#x3c;script&#x3e;', '&#0000060script', '\\u003cscript\\u003e', '\\x3cscript\\x3e', '%3Cscript%3E', '+ADw-script+AD4-', '<scr\u0000ipt>',
  '<SCRIPT>alert(1)</SCRIPT>', '<script/x>alert(1)</script/x>', '<<script>alert(1)//<</script>', '<script\n>alert(1)</script\n>', '＜script＞', '‹script›', '<svg><script>alert(1)</svg>',
  '<math><mi xlink:href="javascript:alert(1)">', '<!--><img src=x onerror=alert(1)>', '<![endif]-->', '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>&e;', '<?xml version="1.0"?>', ']]></x>',
  'expression(alert(1))', 'url(javascript:alert(1))', '@import "//x.test"', '</style><script>alert(1)</script>', '</title><script>alert(1)</script>', '</textarea><script>alert(1)</script>', '--!><b>',
] // prettier-ignore
const DOCUMENTS = ['{"a":', '[1,', '"', '\\"', 'null\n', 'a: b', 'a: &x *x', '- [a', '!!python/object:os.system x', '# x\n', '---\n', 'a,b', 'a;b', 'a\tb', '"a""b"', '"a', 'a"', "'a", 'a\r\nb', '\ufeffa', '=1+1', '=HYPERLINK("http://x.test")', '@x', '+x', '-x', '＝1', '＋1', '－1', '＠x', '|x', '\\input{/etc/passwd}', '\\write18{id}', '\\href{x}{y}', '$$', '\\(', '^_^', '~~~', '+++', '\\newpage'] // prettier-ignore
const LETTERS = [
  ...words('über naïve Ærøskøbing Łódź İstanbul ıi ßẞ Ελληνικά русский עברית עִבְרִית العربية فارسی हिन्दी বাংলা தமிழ் ไทย ລາວ ქართული አማርኛ ខ្មែរ 한국어 日本語 中文 ｆｕｌｌ ﬁ Å Å'),
  'a\u0300\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309', 'T\u0336e\u0336x\u0336t', '\u0e49'.repeat(12), '\u0300', '\u20dd', '👍🏿', '🇰🇷', '🏴\u{e0067}\u{e0062}\u{e007f}', '1️⃣', '🧑‍🚀', '\ufe0f', '\u{1f1e6}', '\u{20000}', '\u{e000}', '\u{f0000}', '\u{10fffe}', '\ufdd0', '\ufffd', '\ufffe',
  '\u061c', '\u200c', '\u200f', '\u2060', '\u2062', '\u206f', '\u3164', '\u115f', '\u180e', '\u1680', '\u2003', '\u202f', '\u205f', '\u3000', '\u202a', '\u202b', '\u202c', '\u202d', '\u2067', '\u2068', '\u2069', '\ufff9', '\ufffc', 'a\u202eb\u202cc', 'مرحبا 123 abc', '\u202etxt.exe',
] // prettier-ignore
const TERMINAL = ['\u001b]0;title\u0007', '\u001b]8;;http://x.test\u001b\\link\u001b]8;;\u001b\\', '\u001b[2J', '\u001b[1A', '\u001bc', '\u009b31m', '\u001bP', '\b\b\b', '\u0007', 'a\u0008b', '\u001b[6n', '\u000e', '\u000c', '\u000b'] // prettier-ignore
const LONG = ['a'.repeat(2000), ' '.repeat(200), 'é'.repeat(700), '😀'.repeat(150), '\u202e'.repeat(60), '<'.repeat(300), '&'.repeat(300), '"'.repeat(300), '{{'.repeat(99), '\n'.repeat(60), '_'.repeat(200), '$'.repeat(200), '['.repeat(200), '|'.repeat(99)] // prettier-ignore

/** At least as many as the Big List of Naughty Strings has. */
const built = [...new Set([...own, ...PUNCTUATION, ...PUNCTUATION.map(sign => `a${sign}${sign}b`), ...KEYS, ...FILES, ...NUMBERS, ...SHELL, ...QUERIES, ...FORMATS, ...MARKUP, ...DOCUMENTS, ...LETTERS, ...TERMINAL, ...LONG])] // prettier-ignore

const list = process.env['GLASSPILOT_NAUGHTY'] ?? ''

/** With GLASSPILOT_NAUGHTY, the path of a JSON list such as blns.json of the Big List of Naughty Strings, its strings as well. */
export const nasty: readonly string[] = existsSync(list)
  ? [...built, ...(JSON.parse(readFileSync(list, 'utf8')) as string[])]
  : built
