import { closeSync, existsSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Where the ledger of an experiment lies. */
export const ledgerPath = (folder: string): string => join(folder, 'cloud.jsonl')

/** Something in the cloud that this experiment makes or lets be made. */
export interface LedgerEntry {
  readonly kind:
    'object' | 'prefix' | 'automl-job' | 'training-job' | 'model' | 'endpoint-config' | 'endpoint'
  /** URI, or name in the service. */
  readonly name: string
  readonly region: string
}

/** What was made for an experiment, written down and on the disk before it is made: nothing runs that is not in it. */
export interface Ledger {
  readonly entries: readonly LedgerEntry[]
  holds(entry: LedgerEntry): boolean
  add(entry: LedgerEntry): void
  /** It is gone. */
  strike(entry: LedgerEntry): void
}

interface Line extends LedgerEntry {
  readonly state: 'made' | 'gone'
}

const keyOf = ({ kind, name, region }: LedgerEntry): string => `${kind} ${name} ${region}`

export function openLedger(path: string): Ledger {
  const held = new Map<string, LedgerEntry>()
  const apply = ({ state, ...entry }: Line) => {
    if (state === 'made') held.set(keyOf(entry), entry)
    else held.delete(keyOf(entry))
  }
  if (existsSync(path)) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      if (line === '') continue
      try {
        apply(JSON.parse(line) as Line)
      } catch {
        // A line cut off by a crash: what it spoke of was not made yet.
      }
    }
  }
  const write = (line: Line) => {
    apply(line)
    const file = openSync(path, 'a', 0o600)
    try {
      // A cut-off line before stays one of its own.
      writeSync(file, `\n${JSON.stringify(line)}\n`)
      fdatasyncSync(file)
    } finally {
      closeSync(file)
    }
  }
  return {
    get entries() {
      return [...held.values()]
    },
    holds: entry => held.has(keyOf(entry)),
    add: entry => {
      if (!held.has(keyOf(entry))) write({ ...entry, state: 'made' })
    },
    strike: entry => write({ ...entry, state: 'gone' }),
  }
}
