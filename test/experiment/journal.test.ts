import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { decodeJournal, openJournal, readJournal, type JournalRecord } from '../../src/experiment/journal.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'))
  path = join(folder, 'events.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true }))

const records: JournalRecord[] = [
  { type: 'created', version: '1.2.3' },
  { type: 'prepared', dataSha256: 'é\n"quoted"', rows: 3 },
  { type: 'generation', trials: [{ id: 0, candidate: 'a', definition: 'd', params: { x: 0.1 }, seed: 7 }] },
  { type: 'finished', trials: 1 },
]
const write = () => {
  const journal = openJournal(path)
  for (const record of records) journal.append(record)
  journal.close()
}

describe('the journal', () => {
  it('reads back what was appended, across openings', () => {
    write()
    const again = openJournal(path)
    again.append({ type: 'stopped', reason: 'x' })
    again.close()
    expect(readJournal(path)).toEqual([...records, { type: 'stopped', reason: 'x' }])
  })

  it('keeps every whole record whatever byte the last write stopped at, and appends cleanly after', () => {
    write()
    const bytes = readFileSync(path)
    const ends = [0]
    for (const [i, byte] of bytes.entries()) if (byte === 10) ends.push(i + 1)
    for (let cut = 0; cut < bytes.length; cut++) {
      writeFileSync(path, bytes)
      truncateSync(path, cut)
      const whole = ends.filter(end => end <= cut).length - 1
      const journal = openJournal(path)
      expect(journal.records).toEqual(records.slice(0, whole))
      journal.append({ type: 'finished', trials: 9 })
      journal.close()
      expect(readJournal(path)).toEqual([...records.slice(0, whole), { type: 'finished', trials: 9 }])
    }
  })

  it('notices any flipped bit', () => {
    write()
    const bytes = readFileSync(path)
    for (let byte = 0; byte < bytes.length; byte++) {
      const damaged = Buffer.from(bytes)
      damaged[byte]! ^= 1
      expect(decodeJournal(damaged).records.length).toBeLessThan(records.length)
    }
  })

  it('refuses damage before the tail instead of forgetting what follows', () => {
    write()
    const bytes = readFileSync(path)
    bytes[5]! ^= 1
    writeFileSync(path, bytes)
    expect(() => openJournal(path)).toThrow(/E_JOURNAL_DAMAGED|damaged after byte 0/)
  })

  it('ignores a tail that was torn inside a multi-byte character', () => {
    write()
    appendFileSync(path, Buffer.from([0x31, 0x32, 0x20, 0xc3]))
    expect(readJournal(path)).toEqual(records)
  })
})
