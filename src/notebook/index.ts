import { candidateDefinitionCells } from './candidate-definition.ts'
import { dataExplorationCells } from './data-exploration.ts'
import type { NotebookInput, NotebookLanguage } from './input.ts'
import { KERNELS, writeNotebook } from './nbformat.ts'

export type { NotebookInput, NotebookLanguage, NotebookLeaderboardRow } from './input.ts'

export interface NotebookFile {
  readonly fileName: string
  readonly json: string
}

/** Every notebook of an experiment. Same input, same bytes. */
export function renderNotebooks(
  input: NotebookInput,
  { language = 'python' }: { readonly language?: NotebookLanguage } = {},
): NotebookFile[] {
  const kernel = KERNELS[language]
  return [
    {
      fileName: 'GlasspilotDataExplorationNotebook.ipynb',
      json: writeNotebook(dataExplorationCells(input), kernel),
    },
    {
      fileName: 'GlasspilotCandidateDefinitionNotebook.ipynb',
      json: writeNotebook(candidateDefinitionCells(input, language), kernel),
    },
  ]
}
