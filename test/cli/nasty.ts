import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import { expect } from 'vitest'
import type { DatasetProfile } from '../../src/profile/profile.ts'
import type { ReadingReport } from '../../src/data/report.ts'
import { glasspilot, temporaryFolder, type Finished } from '../helpers/cli.ts'

export type Cells = (row: number) => string | number

/** A table of columns given as [name, cell of each row]; cells are quoted where RFC 4180 asks for it. */
export function csv(columns: readonly (readonly [name: string, cell: Cells])[], rows = 60): string {
  const body = Array.from({ length: rows }, (_, i) => columns.map(([, cell]) => cell(i)))
  return `${Papa.unparse([columns.map(([name]) => name), ...body], { newline: '\n' })}\n`
}

/** Two classes, neither in step with the row number. */
export const label: Cells = i => ((i * i + 3 * i) % 7 < 3 ? 'yes' : 'no')

/** A folder, files in it, and the commands on them. */
export function workplace() {
  const folder = temporaryFolder()
  let made = 0
  const checked = async (args: readonly string[], env: Record<string, string> = {}): Promise<Finished> => {
    const result = await glasspilot(args, { cwd: folder, env })
    expect(result.stderr).not.toMatch(/\n\s+at |node:internal|E_BUG/)
    // Never silence: what fails says so in one sentence that names a code or the usage.
    if (result.code !== 0)
      expect(result.stderr.trim().split('\n').at(-1)).toMatch(/^glasspilot: E_[A-Z0-9_]+: ./)
    return result
  }
  const parsed = <T>({ code, stdout, stderr }: Finished): T => {
    expect(`${code} ${stderr.slice(0, 300)}`).toMatch(/^0 /)
    return JSON.parse(stdout) as T
  }
  return {
    folder,
    checked,
    file(data: string | Uint8Array, name = `t${made++}.csv`): string {
      writeFileSync(join(folder, name), data)
      return name
    },
    read: async (file: string, env?: Record<string, string>) =>
      parsed<ReadingReport>(await checked(['read', file, '--json'], env)),
    profile: async (file: string, target?: string) =>
      parsed<DatasetProfile>(
        await checked(['profile', file, ...(target === undefined ? [] : ['--target', target]), '--json']),
      ),
    /** Plans without training; the folder it wrote. */
    plan: async (file: string, target = 'y', ...more: string[]) => {
      const output = `out${made++}`
      const args = [
        'run',
        file,
        '--target',
        target,
        '--definitions-only',
        '--quiet',
        '--output',
        output,
        ...more,
      ]
      return { ...(await checked(args)), output: join(folder, output) }
    },
  }
}

export const codesOf = (report: Pick<ReadingReport, 'warnings'>): string[] => [
  ...new Set(report.warnings.map(warning => warning.code)),
]

export const insightsOf = ({ insights }: DatasetProfile, column?: string): string[] => [
  ...new Set(insights.filter(item => column === undefined || item.column === column).map(item => item.id)),
]

/** Kind and use of each column: `numeric feature`. */
export const decisions = ({ columns }: DatasetProfile): Record<string, string> =>
  Object.fromEntries(columns.map(({ name, kind, use }) => [name, `${kind} ${use}`]))
