// The part of the package ml-cart used here; it carries no types of its own.
declare module 'ml-cart' {
  interface CartNode {
    readonly left?: CartNode
    readonly right?: CartNode
    readonly splitColumn?: number
    readonly splitValue?: number
    /** Class shares as a row vector, or the mean of the values. */
    readonly distribution?: { toJSON(): readonly (readonly number[])[] } | number
  }
  interface CartOptions {
    readonly minNumSamples?: number
    readonly maxDepth?: number
    readonly gainThreshold?: number
  }
  class Cart {
    constructor(options: CartOptions)
    readonly root: CartNode
    train(rows: readonly (readonly number[])[], target: readonly number[]): void
  }
  export class DecisionTreeClassifier extends Cart {}
  export class DecisionTreeRegression extends Cart {}
}
