import { candidateDefinitionCells } from './candidate-definition.ts'
import { dataExplorationCells } from './data-exploration.ts'
import type { NotebookInput, NotebookLanguage } from './input.ts'
import { KERNELS, writeNotebook } from './nbformat.ts'

export type { NotebookInput, NotebookLanguage, NotebookLeaderboardRow } from './input.ts'

export interface NotebookFile {
  readonly fileName: string
  readonly json: string
}

/**
 * Every notebook of an experiment. Same input, same bytes. The exploration has no code, so it is one file for both
 * languages; the candidate notebook has a file of its own for each.
 */
export function renderNotebooks(
  input: NotebookInput,
  { language = 'python' }: { readonly language?: NotebookLanguage } = {},
): NotebookFile[] {
  return [
    {
      fileName: 'GlasspilotDataExplorationNotebook.ipynb',
      json: writeNotebook(dataExplorationCells(input), KERNELS.python),
    },
    {
      fileName: CANDIDATE_FILES[language],
      json: writeNotebook(candidateDefinitionCells(input, language), KERNELS[language]),
    },
  ]
}

const CANDIDATE_FILES: Readonly<Record<NotebookLanguage, string>> = {
  python: 'GlasspilotCandidateDefinitionNotebook.ipynb',
  typescript: 'GlasspilotCandidateDefinitionNotebook-TypeScript.ipynb',
}
