/** What an executed notebook gave, as execute.py prints it. */
export interface Output {
  readonly stream?: string
  readonly error?: string
  readonly data?: readonly string[]
  readonly text: string
}
export interface Executed {
  readonly failure: string | null
  readonly cells: readonly { readonly id: string; readonly outputs: readonly Output[] }[]
}
export interface OutlinedCell {
  readonly id: string
  readonly kinds: readonly string[]
  readonly words: readonly string[]
}

/** What a cell printed. */
export const told = ({ cells }: Pick<Executed, 'cells'>, id: string): string =>
  cells
    .find(cell => cell.id === id)!
    .outputs.filter(({ stream }) => stream === 'stdout')
    .map(({ text }) => text)
    .join('')

/** What every run has in common: figures, times, paths, the width of columns and what training said on its way are left out. */
export const outline = (executed: Executed, folder: string): OutlinedCell[] =>
  executed.cells.map(({ id, outputs }) => ({
    id,
    kinds: [...new Set(outputs.flatMap(({ stream, error, data }) => data ?? [stream ?? error!]))],
    words: told(executed, id)
      .replaceAll(folder, '…')
      .replace(/[█│▏▎▍▌▋▊▉]+/g, '█')
      .replace(/[-+−]?\d+(\.\d+)?(e[-+]?\d+)?/g, '#')
      .replace(/[ \t]+/g, ' ')
      .split('\n')
      .filter(line => !/^ *# (min # )?s /.test(line))
      .filter(line => line.trim() !== '')
      .slice(id === 'tuning-code' ? -2 : 0)
      .slice(0, 8),
  }))
