import { closeSync, openSync, writeSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import type { Rng } from '../src/util/rng.ts'
import { createRng } from '../src/util/rng.ts'

// Tables for measuring, the same bytes on every machine. By hand: node bench/run.mjs tables long 10000000 /tmp/long.csv

const FLUSH_CHARACTERS = 1 << 20
const DAY = 86_400_000

interface Table {
  readonly header: string
  readonly seed: number
  row(rng: Rng, at: number): string
}

const quotedCell = (text: string) => (/[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
const days = (rng: Rng, count: number) =>
  new Date(Date.UTC(2020, 0, 1) + rng.int(count) * DAY).toISOString().slice(0, 10)

const CITIES = ['north', 'south', 'east', 'west, far', 'the "old" town', 'café', 'Köln']

/** Numbers, words, quotes, missing cells, dates and line breaks: 15 columns. */
const mixed: Table = {
  header: 'id,a,b,c,d,e,city,kind,note,day,flag,f,g,h,y',
  seed: 0x9e3779b9,
  row(rng, at) {
    const city = CITIES[rng.int(CITIES.length)]!
    return [
      at + 7,
      rng.normal().toFixed(4),
      rng.int(1000),
      rng.next() < 0.1 ? 'NA' : rng.next().toFixed(6),
      rng.next() < 0.1 ? '' : rng.int(50),
      (rng.normal() * 1e3).toFixed(2),
      quotedCell(city),
      `k${rng.int(200)}`,
      rng.next() < 0.05 ? '"two\nlines"' : 'plain words here',
      days(rng, 1000),
      rng.next() < 0.5 ? 'yes' : 'no',
      rng.int(5),
      rng.next().toFixed(3),
      rng.int(100_000),
      rng.int(2),
    ].join(',')
  },
}

const REGIONS = ['north', 'south', 'east', 'west', 'centre', 'coast', 'hills']
const WORDS = 'the order came late and box was open but staff helped me find a new one at once'.split(' ')

/** Sales of a shop: 10 columns, about 100 bytes a row. Whether a customer comes back hangs on price, region, wait and channel. */
const long: Table = {
  header: 'ordered,region,channel,product,price,quantity,wait,discount,remark,y',
  seed: 0x51ed270b,
  row(rng) {
    const region = rng.int(REGIONS.length)
    const channel = rng.int(3)
    const price = Math.exp(3 + 0.8 * rng.normal())
    const wait = rng.next() < 0.05 ? NaN : -7 * Math.log(1 - rng.next())
    const remark = Array.from({ length: 8 + rng.int(8) }, () => WORDS[rng.int(WORDS.length)]).join(' ')
    const score = 1.2 - 0.02 * price + 0.3 * (region % 3) - 0.12 * (wait || 5) + 0.5 * channel
    return [
      days(rng, 1500),
      REGIONS[region],
      ['web', 'shop', 'phone'][channel],
      `P${1000 + rng.int(3000)}`,
      price.toFixed(2),
      1 + rng.int(9),
      wait === wait ? wait.toFixed(3) : '',
      (rng.int(20) / 100).toFixed(2),
      remark,
      rng.next() < 1 / (1 + Math.exp(-score)) ? 'yes' : 'no',
    ].join(',')
  },
}

/** Many columns of small whole numbers, most of them zero, as pictures are. */
const wide: Table = {
  header: ['label', ...Array.from({ length: 784 }, (_, j) => `p${j}`)].join(','),
  seed: 0x85ebca6b,
  row(rng) {
    const cells = [rng.int(10)]
    for (let j = 0; j < 784; j++) cells.push(rng.next() < 0.8 ? 0 : rng.int(256))
    return cells.join(',')
  },
}

export const tables = { mixed, long, wide }

/** Writes a header and `rows` rows; memory stays small whatever the rows. */
export function writeTable(path: string, { header, seed, row }: Table, rows: number): void {
  const rng = createRng(seed)
  const file = openSync(path, 'w')
  let text = `${header}\n`
  for (let at = 0; at < rows; at++) {
    text += `${row(rng, at)}\n`
    if (text.length < FLUSH_CHARACTERS) continue
    writeSync(file, text)
    text = ''
  }
  writeSync(file, text)
  closeSync(file)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [name, rows, path] = process.argv.slice(2)
  writeTable(path!, tables[name as keyof typeof tables], Number(rows))
}
