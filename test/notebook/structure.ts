/** What nbformat 4.5 asks of a file, checked without its schema: an empty list means valid. */
export function faults(json: string): string[] {
  const found: string[] = []
  const say = (fault: string, ok: boolean) => {
    if (!ok) found.push(fault)
  }
  const notebook = JSON.parse(json) as Record<string, unknown>
  say('top-level names', sameNames(notebook, ['cells', 'metadata', 'nbformat', 'nbformat_minor']))
  say('version 4.5', notebook.nbformat === 4 && notebook.nbformat_minor === 5)
  const { kernelspec, language_info } = notebook.metadata as Record<string, Record<string, unknown>>
  say(
    'kernel has name and display_name',
    typeof kernelspec?.name === 'string' && typeof kernelspec.display_name === 'string',
  )
  say('language has a name', typeof language_info?.name === 'string')
  const ids = new Set<unknown>()
  for (const cell of notebook.cells as Record<string, unknown>[]) {
    const code = cell.cell_type === 'code'
    say('cell type', code || cell.cell_type === 'markdown')
    const names = ['cell_type', 'id', 'metadata', 'source', ...(code ? ['execution_count', 'outputs'] : [])]
    say(`names of ${String(cell.id)}`, sameNames(cell, names))
    say(`id ${String(cell.id)}`, /^[A-Za-z0-9_-]{1,64}$/.test(String(cell.id)) && !ids.has(cell.id))
    ids.add(cell.id)
    const source = cell.source as string[]
    say(
      'source is lines',
      source.every((line, i) => line.endsWith('\n') === i < source.length - 1 && !/\n./.test(line)),
    )
    say('source is not empty', source.join('').trim() !== '')
    if (code)
      say('nothing was run', cell.execution_count === null && (cell.outputs as unknown[]).length === 0)
  }
  return found
}

const sameNames = (value: object, names: readonly string[]) =>
  Object.keys(value).sort().join() === [...names].sort().join()

/** The source of every cell of one type. */
export const sources = (json: string, type: 'code' | 'markdown'): string[] =>
  (JSON.parse(json) as { cells: { cell_type: string; source: string[] }[] }).cells
    .filter(cell => cell.cell_type === type)
    .map(cell => cell.source.join(''))
