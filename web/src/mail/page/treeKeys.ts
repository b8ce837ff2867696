import type { Branch } from "./folderTree.ts"

export type TreeStep =
  | { readonly _tag: "Open" | "Fold" | "Unfold" }
  | { readonly _tag: "Focus"; readonly index: number }

interface At {
  readonly branches: ReadonlyArray<Branch>
  readonly index: number
  readonly isFolded: boolean
}

/** An arrow key as it would be where one reads from left to right. */
export const logicalKey = (key: string, direction: "ltr" | "rtl"): string => {
  if (direction === "ltr") return key
  return key === "ArrowLeft" ? "ArrowRight" : key === "ArrowRight" ? "ArrowLeft" : key
}

/** What a key does on an item of a tree (ARIA Authoring Practices: tree view). */
export const treeStep = (key: string, at: At): TreeStep | undefined => {
  switch (key) {
    case "ArrowDown":
      return { _tag: "Focus", index: Math.min(at.index + 1, at.branches.length - 1) }
    case "ArrowUp":
      return { _tag: "Focus", index: Math.max(at.index - 1, 0) }
    case "Home":
      return { _tag: "Focus", index: 0 }
    case "End":
      return { _tag: "Focus", index: at.branches.length - 1 }
    case "Enter":
    case " ":
      return { _tag: "Open" }
    case "ArrowRight":
      return inwards(at)
    case "ArrowLeft":
      return outwards(at)
    default:
      return undefined
  }
}

const inwards = ({ branches, index, isFolded }: At): TreeStep | undefined => {
  if (branches[index]?.hasChildren !== true) return undefined
  return isFolded ? { _tag: "Unfold" } : { _tag: "Focus", index: index + 1 }
}

const outwards = ({ branches, index, isFolded }: At): TreeStep | undefined => {
  const branch = branches[index]
  if (branch === undefined) return undefined
  if (branch.hasChildren && !isFolded) return { _tag: "Fold" }
  const parent = branches.findLastIndex(({ level }, i) => i < index && level < branch.level)
  return parent < 0 ? undefined : { _tag: "Focus", index: parent }
}
