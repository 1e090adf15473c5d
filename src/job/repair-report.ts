import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import type { Layout } from '../experiment/store.ts'
import { checkSeal, type Asked } from '../report/index.ts'
import { messageOf } from '../util/errors.ts'
import { writeFileAtomic } from '../util/files.ts'
import type { Mended } from './repair.ts'
import { reportOf } from './report.ts'

const textOf = (path: string): string | undefined =>
  existsSync(path) ? readFileSync(path, 'utf8') : undefined

/** The report, where one was made: page and figures are whole by the seal of the page, or made again as they were asked for. */
export async function repairReport(paths: Layout): Promise<Mended[]> {
  const [page, figures] = [textOf(paths.report), textOf(paths.reportJson)]
  if (page === undefined && figures === undefined) return []
  const seal = page === undefined ? undefined : checkSeal(page, figures)
  const told = (path: string, before: string | undefined, after: string | undefined): Mended => ({
    file: relative(paths.folder, path),
    ...(before === after
      ? { found: 'whole', done: 'kept' }
      : { found: before === undefined ? 'missing' : 'damaged', done: 'rebuilt' }),
  })
  if (seal?.isWhole) return [told(paths.report, page, page), told(paths.reportJson, figures, figures)]
  const asked: Asked = seal?.asked ?? {}
  try {
    const { html, json } = await reportOf(paths.folder, asked)
    writeFileAtomic(paths.report, html)
    writeFileAtomic(paths.reportJson, json)
    const note = 'nothing tells how it was asked for: with explanations, without --sensitive'
    return [
      { ...told(paths.report, page, html), ...(!seal && { note }) },
      told(paths.reportJson, figures, json),
    ]
  } catch (error) {
    const found = page === undefined ? 'missing' : 'damaged'
    return [{ file: relative(paths.folder, paths.report), found, done: 'lost', note: messageOf(error) }]
  }
}
