/** Chance that a seed fixes: the same seed falls the same way on every machine (sfc32). */
export class Dice {
  private a: number
  private b = 0x9e3779b9
  private c = 0x243f6a88
  private counter = 1

  constructor(seed: number) {
    this.a = seed | 0
    for (let n = 0; n < 12; n++) this.next()
  }

  /** 0 ≤ x < 1. */
  next(): number {
    const sum = (this.a + this.b + this.counter++) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return (sum >>> 0) / 4_294_967_296
  }

  /** 0 ≤ n < `count`, whole. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** Both ends are possible. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  isBelow(probability: number): boolean {
    return this.next() < probability
  }

  pick<A>(list: ReadonlyArray<A>): A | undefined {
    return list[this.below(list.length)]
  }

  /** The same array, in any order. */
  shuffled<A>(list: Array<A>): Array<A> {
    for (let left = list.length; left > 1; left--) {
      const [one] = list.splice(this.below(left), 1)
      if (one !== undefined) list.push(one)
    }
    return list
  }

  /** Some of them, in their order; perhaps none. */
  some<A>(list: ReadonlyArray<A>, probability: number): ReadonlyArray<A> {
    return list.filter(() => this.isBelow(probability))
  }
}
