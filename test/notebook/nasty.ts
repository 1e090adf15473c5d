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

const list = process.env['GLASSPILOT_NAUGHTY'] ?? ''

/** With GLASSPILOT_NAUGHTY, the path of a JSON list such as blns.json of the Big List of Naughty Strings, its strings as well. */
export const nasty: readonly string[] = existsSync(list)
  ? [...own, ...(JSON.parse(readFileSync(list, 'utf8')) as string[])]
  : own
