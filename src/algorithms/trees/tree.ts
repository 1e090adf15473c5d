/** A finished tree over bins. A child below 0 is leaf −1 − child. A tree without a split has no nodes and one leaf. */
export interface GrownTree {
  /** Position of the feature in the layout. */
  readonly feature: number[]
  /** Bins up to this one go left. */
  readonly bin: number[]
  readonly missingLeft: number[]
  readonly left: number[]
  readonly right: number[]
  /** What the split brought, for importance. */
  readonly gain: number[]
  /** Value of each leaf, `width` numbers per leaf. */
  readonly values: number[]
  /** Rows of leaf l: rows[begins[l] … begins[l] + counts[l]). */
  readonly begins: number[]
  readonly counts: number[]
}

export const emptyTree = (): GrownTree => ({
  feature: [],
  bin: [],
  missingLeft: [],
  left: [],
  right: [],
  gain: [],
  values: [],
  begins: [],
  counts: [],
})

/** Where a node or leaf hangs: its parent (−1 for the root) and side. */
export interface Hook {
  readonly parent: number
  readonly right: boolean
}

const hang = (tree: GrownTree, { parent, right }: Hook, number: number): void => {
  if (parent >= 0) (right ? tree.right : tree.left)[parent] = number
}

export function addNode(
  tree: GrownTree,
  hook: Hook,
  split: {
    readonly feature: number
    readonly bin: number
    readonly missingLeft: number
    readonly gain: number
  },
): number {
  const number = tree.feature.length
  tree.feature.push(split.feature)
  tree.bin.push(split.bin)
  tree.missingLeft.push(split.missingLeft)
  tree.gain.push(split.gain)
  tree.left.push(0)
  tree.right.push(0)
  hang(tree, hook, number)
  return number
}

export function addLeaf(
  tree: GrownTree,
  hook: Hook,
  begin: number,
  count: number,
  values: readonly number[],
): void {
  hang(tree, hook, -1 - tree.counts.length)
  for (const value of values) tree.values.push(value)
  tree.begins.push(begin)
  tree.counts.push(count)
}
