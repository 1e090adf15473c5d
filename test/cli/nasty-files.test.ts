import { execFileSync } from 'node:child_process'
import { chmodSync, createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { codesOf, csv, decisions, label, workplace } from './nasty.ts'

const { folder, file, read, profile, plan, checked } = workplace()
const plain = (rows = 60, delimiter = ','): string =>
  csv(
    [
      ['a', i => i * 1.5],
      ['b', i => i % 7],
      ['y', label],
    ],
    rows,
  ).replaceAll(',', delimiter)

describe('a file that is no table', () => {
  it.each([
    ['of no bytes', ''],
    ['of a byte order mark', '\ufeff'],
    ['of blank lines', '\n\r\n  \n'],
  ])('%s is empty', async (_, data) => {
    const result = await checked(['profile', file(data)])
    expect(result).toMatchObject({ code: 65, stdout: '' })
    expect(result.stderr).toContain('E_EMPTY_FILE')
  })

  it.each([
    ['an Excel workbook', Buffer.from('504b030414000600', 'hex'), /Excel workbook/],
    ['a PNG picture', Buffer.from('89504e470d0a1a0a', 'hex'), /PNG/],
    ['NUL bytes', Buffer.from('a,b\n1,\0\u0001\u0002\n'), /NUL/],
  ])('%s is no text', async (_, data, says) => {
    const result = await checked(['read', file(data)])
    expect(result.code).toBe(65)
    expect(result.stderr).toContain('E_NOT_TEXT')
    expect(result.stderr).toMatch(says)
  })

  it('paths that lead nowhere, to an empty folder or to a locked file', async () => {
    expect((await checked(['profile', './none.csv'])).code).toBe(66)
    mkdirSync(join(folder, 'void'))
    expect((await checked(['profile', 'void'])).stderr).toContain('E_IS_DIRECTORY')
    if (process.getuid?.() === 0) return
    const locked = file(plain())
    chmodSync(join(folder, locked), 0)
    expect((await checked(['profile', locked])).code).toBe(77)
  })

  it('a table with too many columns, a cell of 100 MB, too many bytes', async () => {
    const wide = Array.from({ length: 20_001 }, (_, j) => `c${j}`).join()
    const many = await checked(['read', file(`${wide}\n${wide}\n`)])
    expect(many.stderr).toMatch(/E_TOO_MANY_COLUMNS.*20001.*GLASSPILOT_MAX_COLUMNS/)
    const huge = await checked(['read', file(`t,y\n${'x'.repeat(100e6)},1\n`)])
    expect(huge).toMatchObject({ code: 65 })
    expect(huge.stderr).toContain('E_CELL_TOO_LARGE')
    const bomb = file(gzipSync('1,2\n'.repeat(5e6)), 'bomb.csv.gz')
    const stopped = await checked(['read', bomb], { GLASSPILOT_MAX_INPUT_BYTES: '1000000' })
    expect(stopped).toMatchObject({ code: 65, stdout: '' })
    expect(stopped.stderr).toContain('E_INPUT_TOO_LARGE')
  })
})

describe('few rows', () => {
  it('a header alone can be profiled and not trained on', async () => {
    const name = file('a,b,y\n')
    expect((await profile(name)).rows).toBe(0)
    expect((await plan(name)).stderr).toContain('E_NO_ROWS')
  })

  it('one row, nine rows, forty rows', async () => {
    expect((await plan(file('a,b,y\n1,2,x\n'))).stderr).toMatch(/E_TOO_FEW_ROWS: 1 row .*10/)
    expect((await plan(file(plain(9)))).stderr).toMatch(/E_TOO_FEW_ROWS: 9 rows/)
    expect((await profile(file(plain(40)), 'y')).insights.map(({ id }) => id)).toContain('W_SMALL_DATA')
  })

  it('a single column can be profiled and not trained on', async () => {
    const name = file(csv([['y', label]]))
    expect((await profile(name)).columnCount).toBe(1)
    expect((await plan(name)).stderr).toContain('E_NO_FEATURES')
  })
})

describe('a file written otherwise', () => {
  it('is decoded: UTF-8 and UTF-16 with marks, without, Windows-1252, Korean', async () => {
    const text = csv([
      ['größe', i => i * 1.5],
      ['ort', i => ['Köln', 'Málaga', 'Århus'][i % 3]!],
    ])
    const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
    for (const [data, encoding] of [
      [`\ufeff${text}`, 'utf-8'],
      [utf16, 'utf-16le'],
      [Buffer.from(utf16).swap16(), 'utf-16be'],
      [utf16.subarray(2), 'utf-16le'],
      [Buffer.from(text, 'latin1'), 'windows-1252'],
    ] as const) {
      const name = file(data)
      expect((await read(name)).encoding).toBe(encoding)
      expect(decisions(await profile(name))).toEqual({ größe: 'numeric feature', ort: 'categorical feature' })
    }
    const korean = Buffer.concat([
      Buffer.from('name,n\n'),
      ...Array.from({ length: 30 }, (_, i) =>
        Buffer.from([0xb1, 0xe8, 0xc3, 0xb6, 0xbc, 0xf6, 0x2c, 48 + (i % 10), 10]),
      ),
    ])
    const report = await read(file(korean))
    expect(report).toMatchObject({ encoding: 'euc-kr', rows: 30 })
    expect(report.warnings[0]!.message).toContain('--encoding')
  })

  it('has one bad byte in it: the line is kept and the byte counted', async () => {
    const bytes = Buffer.from(
      csv(
        [
          ['w', () => 'größer'],
          ['n', i => i],
        ],
        200,
      ),
    )
    bytes[bytes.indexOf('ö', 1000)] = 0xff
    expect((await read(file(bytes))).warnings).toMatchObject([{ code: 'W_ENCODING' }])
  })

  it('is compressed; compressed and cut short', async () => {
    const bytes = gzipSync(plain())
    expect((await read(file(bytes, 'whole.csv.gz'))).rows).toBe(60)
    const cut = await checked(['read', file(bytes.subarray(0, bytes.length - 20), 'cut.csv.gz')])
    expect(cut).toMatchObject({ code: 65, stdout: '' })
    expect(cut.stderr).toContain('E_TRUNCATED_GZIP')
  })

  it('has line ends of three kinds, no last one, or ends inside a quote', async () => {
    const lines = plain().trimEnd().split('\n')
    const mixed = lines.map((line, i) => line + ['\n', '\r\n', '\n', '\r'][i % 4]).join('')
    const report = await read(file(mixed))
    expect([report.rows, codesOf(report)]).toEqual([60, ['W_MIXED_NEWLINES']])
    expect(await read(file(lines.join('\n')))).toMatchObject({ rows: 60, warnings: [] })
    const open = await read(file(`${lines.join('\n')}\n1,2,"yes\n3,4,no\n`))
    expect(open).toMatchObject({ rows: 62, warnings: [{ code: 'W_STRAY_QUOTE', lines: [62] }] })
  })

  it('has decimal commas beside semicolons, tabs or bars', async () => {
    for (const delimiter of [';', '\t', '|']) {
      const lines = Array.from({ length: 60 }, (_, i) => [`3,${i}`, `${i},25`, label(i)].join(delimiter))
      const found = await profile(file(`${['a', 'b', 'y'].join(delimiter)}\n${lines.join('\n')}\n`))
      expect(decisions(found)).toMatchObject({ a: 'numeric feature', b: 'numeric feature' })
      expect(found.columns[0]!.numeric!.min).toBe(3)
    }
  })

  it('names its delimiter, has comments, a preamble, a footnote, two tables', async () => {
    const named = await read(file(`sep=;\n${plain(60, ';')}`))
    expect(named).toMatchObject({ rows: 60, delimiter: ';', warnings: [] })
    const lines = plain().trimEnd().split('\n')
    lines.splice(20, 0, '# looked at by hand, twice')
    const remarks = await read(file(`# made on Monday\n# by hand, at five\n${lines.join('\n')}\n`))
    expect(remarks).toMatchObject({
      rows: 60,
      warnings: [{ code: 'W_COMMENTS', count: 3, lines: [1, 2, 23] }],
    })
    const framed = await read(file(`Report\n\n${plain()}Total: 60\n`))
    expect(framed).toMatchObject({ rows: 60, quarantinedCount: 1 })
    expect(framed.quarantined[0]).toMatchObject({ line: 64, cells: ['Total: 60'] })
    expect(codesOf(framed)).toEqual(['W_PREAMBLE', 'W_BAD_ROW'])
    const double = await read(file(`${plain()}${plain(30)}`))
    expect(double).toMatchObject({
      rows: 60,
      quarantinedCount: 30,
      warnings: [{ code: 'W_SECOND_TABLE', lines: [62] }],
    })
  })
})

describe('a file that must not be trusted', () => {
  it('keeps what it cannot place beside the experiment', async () => {
    const lines = plain().trimEnd().split('\n')
    lines[10] += ',17'
    const { code, output } = await plan(file(`${lines.join('\n')}\nTotal: 60\n`))
    expect(code).toBe(0)
    const kept = readFileSync(join(output, 'data/quarantine.csv'), 'utf8').trim().split('\r\n')
    expect(kept).toHaveLength(3)
    expect(kept[1]).toMatch(/^11,all but.*17.*,17$/)
    expect(kept[2]).toBe('62,no,1 cell where 3 were expected,Total: 60')
  })

  it('has a tenth and more of its rows ragged', async () => {
    const ragged = Array.from({ length: 300 }, (_, i) => (i % 4 === 0 ? '1,2,x,y,z' : '1,2,3')).join('\n')
    const result = await checked(['read', file(`a,b,c\n${ragged}\n`)])
    expect(result).toMatchObject({ code: 65 })
    expect(result.stderr).toContain('E_RAGGED_FILE')
  })

  it('is the file to write', async () => {
    const name = file(plain())
    const result = await checked(['read', name, '--output', name])
    expect(result.code).toBe(64)
    expect(result.stderr).toContain('E_SAME_FILE')
    expect(readFileSync(join(folder, name), 'utf8')).toBe(plain())
  })

  it('grows while it is read', async () => {
    const name = file(plain(1000))
    const stream = createWriteStream(join(folder, name), { flags: 'a' })
    const timer = setInterval(() => stream.write('1,2,yes\n'.repeat(500)), 5)
    try {
      const result = await checked(['profile', name])
      expect(result.code).toBe(65)
      expect(result.stderr).toContain('E_DATA_CHANGED')
    } finally {
      clearInterval(timer)
      stream.end()
    }
  })

  it('stands under a name with spaces, signs, line ends and 200 letters', async () => {
    mkdirSync(join(folder, 'a b/🙂\n'), { recursive: true })
    const name = file(plain(), `a b/🙂\n/../🙂\n/${'n'.repeat(200)}.csv`)
    const result = await checked(['profile', name])
    expect(result.code).toBe(0)
    expect((await checked(['profile', 'a b/🙂\n/none.csv'])).stderr).not.toContain('🙂\n')
  })

  it('is a pipe, standard input, or a folder of parts', async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')])
    const feeding = createWriteStream(join(folder, 'pipe'))
    feeding.end(plain())
    expect(await profile('pipe')).toMatchObject({ rows: 60, dataset: 'pipe' })
    mkdirSync(join(folder, 'parts'))
    file(`\ufeff${plain().trimEnd()}`, 'parts/1.csv')
    file(gzipSync(plain(20)), 'parts/2.csv.gz')
    file('a,b,y\r\n', 'parts/3.csv')
    expect(await profile('parts')).toMatchObject({ rows: 80, columnCount: 3 })
    file('b,a,y\n1,2,yes\n', 'parts/4.csv')
    const other = await checked(['profile', 'parts'])
    expect(other.code).toBe(65)
    expect(other.stderr).toMatch(/E_DIFFERENT_HEADER.*4\.csv/)
    const main = join(import.meta.dirname, '../../dist/cli/main.js')
    const piped = execFileSync(process.execPath, [main, 'read', '-', '--json'], {
      cwd: folder,
      input: plain(),
    })
    expect(JSON.parse(piped.toString())).toMatchObject({ rows: 60 })
  })
})
