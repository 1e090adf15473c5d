/** A cell before it is written: where it stands in the notebook, what it holds. */
export interface Cell {
  /** Unique in the notebook; letters, digits, - and _, at most 64. Stable, so that a second rendering differs only where it must. */
  readonly id: string
  readonly type: 'markdown' | 'code'
  readonly source: string
  /** Folded away when opened. */
  readonly hidden?: boolean
}

export interface Kernel {
  /** Folder name of the kernel. */
  readonly name: string
  readonly displayName: string
  readonly language: string
  readonly fileExtension: string
  readonly mimetype: string
}

export const KERNELS = {
  python: {
    name: 'python3',
    displayName: 'Python 3 (ipykernel)',
    language: 'python',
    fileExtension: '.py',
    mimetype: 'text/x-python',
  },
  typescript: {
    name: 'deno',
    displayName: 'Deno',
    language: 'typescript',
    fileExtension: '.ts',
    mimetype: 'text/x.typescript',
  },
} as const satisfies Record<string, Kernel>

/** A notebook file, nbformat 4.5. */
export function writeNotebook(cells: readonly Cell[], kernel: Kernel): string {
  const notebook = {
    cells: cells.map(({ id, type, source, hidden }) => ({
      cell_type: type,
      ...(type === 'code' ? { execution_count: null } : {}),
      id,
      metadata: hidden ? { jupyter: { source_hidden: true } } : {},
      ...(type === 'code' ? { outputs: [] } : {}),
      source: source.split(/(?<=\n)/),
    })),
    metadata: {
      kernelspec: { display_name: kernel.displayName, language: kernel.language, name: kernel.name },
      language_info: {
        file_extension: kernel.fileExtension,
        mimetype: kernel.mimetype,
        name: kernel.language,
      },
    },
    nbformat: 4,
    nbformat_minor: 5,
  }
  return `${JSON.stringify(notebook, null, 1)}\n`
}
