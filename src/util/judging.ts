/** Parts of few validation rows, each of which is judged by what was chosen without a say of its own. */
export const PARTS = 4

/** Rows up to which a choice that is best on them was lucky, too: beyond it hardly counts. */
export const FEW_ROWS = 2000
