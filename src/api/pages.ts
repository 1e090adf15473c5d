import { validation } from './aws-error.ts'

/** One page of a list. The token names the item behind which the next page starts, so that new items shift nothing. */
export function pageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  { MaxResults, NextToken }: { readonly MaxResults?: number; readonly NextToken?: string },
  usual: number,
): { page: readonly T[]; NextToken?: string } {
  let start = 0
  if (NextToken !== undefined) {
    const key = Buffer.from(NextToken, 'base64url').toString()
    start = items.findIndex(item => keyOf(item) === key) + 1
    if (start === 0)
      throw validation('Invalid NextToken: it is of no item of this list; ask for the first page again')
  }
  const end = start + (MaxResults ?? usual)
  const page = items.slice(start, end)
  const last = page.at(-1)
  return {
    page,
    ...(end < items.length && last && { NextToken: Buffer.from(keyOf(last)).toString('base64url') }),
  }
}

export interface Listing {
  readonly MaxResults?: number
  readonly NextToken?: string
  readonly NameContains?: string
  readonly StatusEquals?: string
  readonly SortBy?: string
  readonly SortOrder?: 'Ascending' | 'Descending'
  readonly CreationTimeAfter?: number
  readonly CreationTimeBefore?: number
  readonly LastModifiedTimeAfter?: number
  readonly LastModifiedTimeBefore?: number
}

interface Listed {
  readonly name: string
  readonly created: number
  readonly modified?: number
  readonly status?: string
}

/** Filters, sorts and pages as every List operation of the service does. */
export function listPage<T extends Listed>(
  items: readonly T[],
  request: Listing,
  sortBy: string,
): { page: readonly T[]; NextToken?: string } {
  const modified = (item: Listed) => item.modified ?? item.created
  const kept = items.filter(
    item =>
      item.name.includes(request.NameContains ?? '') &&
      (request.StatusEquals === undefined || item.status === request.StatusEquals) &&
      item.created > (request.CreationTimeAfter ?? -Infinity) &&
      item.created < (request.CreationTimeBefore ?? Infinity) &&
      modified(item) > (request.LastModifiedTimeAfter ?? -Infinity) &&
      modified(item) < (request.LastModifiedTimeBefore ?? Infinity),
  )
  const by = request.SortBy ?? sortBy
  const key = (item: Listed): string | number =>
    by === 'Name' ? item.name : by === 'Status' ? (item.status ?? '') : item.created
  const sign = request.SortOrder === 'Ascending' ? 1 : -1
  const sorted = kept.toSorted((a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -sign : left > right ? sign : a.name < b.name ? -sign : sign
  })
  return pageOf(sorted, item => item.name, request, 10)
}
