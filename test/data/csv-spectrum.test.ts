import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTable } from '../../src/data/table.ts'
import { file } from './files.ts'

const suites = process.env['GLASSPILOT_CSV_SUITES']
const folder = suites === undefined ? '' : join(suites, 'csv-spectrum')
const reason = 'GLASSPILOT_CSV_SUITES is not set to a folder that holds csv-spectrum'
const utf16 = (text: string, swap: boolean) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  return swap ? bytes.swap16() : bytes
}

/** The same table in other bytes: line ends outside quotes and encodings. */
const WRITINGS: readonly (readonly [name: string, write: (text: string) => string | Uint8Array])[] = [
  ['as stored', text => text],
  ['with a byte order mark', text => `\ufeff${text}`],
  ['in UTF-16 LE', text => utf16(text, false)],
  ['in UTF-16 BE', text => utf16(text, true)],
  ['with a last line end', text => (/[\r\n]$/.test(text) ? text : `${text}\n`)],
  ['without a last line end', text => text.replace(/\r?\n$/, '')],
]

describe.skipIf(!existsSync(folder))(`csv-spectrum (skipped when ${reason})`, () => {
  const names = existsSync(folder)
    ? readdirSync(join(folder, 'csvs')).map(name => name.replace('.csv', ''))
    : []

  it.each(names.flatMap(name => WRITINGS.map(([how, write]) => ({ name, how, write }))))(
    '$name $how',
    async ({ name, write }) => {
      const text = readFileSync(join(folder, 'csvs', `${name}.csv`), 'utf8')
      const expected = JSON.parse(readFileSync(join(folder, 'json', `${name}.json`), 'utf8')) as Record<
        string,
        string
      >[]
      const { header, rows } = await readTable(file(write(text)))
      const objects = rows.map(row => Object.fromEntries(header.map((column, j) => [column, row[j]])))
      expect(objects).toEqual(expected)
    },
  )
})
