import { baseKeymap, chainCommands, lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands"
import { redo, undo } from "prosemirror-history"
import type { MarkType, NodeType } from "prosemirror-model"
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list"
import type { Command, EditorState } from "prosemirror-state"
import { schema } from "./schema.ts"

const { nodes, marks } = schema

export type Deed =
  | "bold"
  | "italic"
  | "underline"
  | "bullets"
  | "numbers"
  | "quote"
  | "clear"
  | "undo"
  | "redo"

const isWithin = (state: EditorState, type: NodeType): boolean => {
  const { $from } = state.selection
  for (let depth = $from.depth; depth > 0; depth--) if ($from.node(depth).type === type) return true
  return false
}

const list =
  (type: NodeType): Command =>
  (state, dispatch) =>
    (isWithin(state, type) ? liftListItem(nodes.list_item) : wrapInList(type))(state, dispatch)

const quote: Command = (state, dispatch) =>
  (isWithin(state, nodes.blockquote) ? lift : wrapIn(nodes.blockquote))(state, dispatch)

const clear: Command = (state, dispatch) => {
  const { from, to, empty } = state.selection
  if (dispatch !== undefined) {
    dispatch(
      empty
        ? state.tr.setStoredMarks([])
        : state.tr.removeMark(from, to).setBlockType(from, to, nodes.paragraph)
    )
  }
  return true
}

export const deeds: Readonly<Record<Deed, Command>> = {
  bold: toggleMark(marks.strong),
  italic: toggleMark(marks.em),
  underline: toggleMark(marks.underline),
  bullets: list(nodes.bullet_list),
  numbers: list(nodes.ordered_list),
  quote,
  clear,
  undo,
  redo
}

/** Null = as the theme has it. */
export const colour =
  (value: string | null): Command =>
  (state, dispatch) => {
    const { from, to, empty } = state.selection
    const { tr } = state
    const mark = value === null ? null : marks.colour.create({ colour: value })
    if (empty) dispatch?.(mark === null ? tr.removeStoredMark(marks.colour) : tr.addStoredMark(mark))
    else {
      tr.removeMark(from, to, marks.colour)
      dispatch?.(mark === null ? tr : tr.addMark(from, to, mark))
    }
    return true
  }

/** Over the selection, or as a text of its own. Null takes it away. */
export const link =
  (href: string | null, label: string): Command =>
  (state, dispatch) => {
    const { from, to, empty } = state.selection
    if (href === null) dispatch?.(state.tr.removeMark(from, to, marks.link))
    else if (empty)
      dispatch?.(state.tr.replaceSelectionWith(schema.text(label, [marks.link.create({ href })]), false))
    else dispatch?.(state.tr.addMark(from, to, marks.link.create({ href })))
    return true
  }

const isMarked = (state: EditorState, mark: MarkType): boolean => {
  const { from, to, empty, $from } = state.selection
  if (empty) return (state.storedMarks ?? $from.marks()).some(({ type }) => type === mark)
  return state.doc.rangeHasMark(from, to, mark)
}

/** What the selection is, to be seen in the toolbar. */
export const activeDeeds = (state: EditorState): ReadonlySet<Deed> => {
  const all: ReadonlyArray<readonly [Deed, boolean]> = [
    ["bold", isMarked(state, marks.strong)],
    ["italic", isMarked(state, marks.em)],
    ["underline", isMarked(state, marks.underline)],
    ["bullets", isWithin(state, nodes.bullet_list)],
    ["numbers", isWithin(state, nodes.ordered_list)],
    ["quote", isWithin(state, nodes.blockquote)]
  ]
  return new Set(all.flatMap(([deed, is]) => (is ? [deed] : [])))
}

/** As people know them from other programs; Tab goes on to the next field (WCAG 2.1.2). */
export const keys: Readonly<Record<string, Command>> = {
  ...baseKeymap,
  Enter: chainCommands(splitListItem(nodes.list_item), baseKeymap["Enter"] ?? setBlockType(nodes.paragraph)),
  "Mod-b": deeds.bold,
  "Mod-i": deeds.italic,
  "Mod-u": deeds.underline,
  "Mod-Shift-7": deeds.numbers,
  "Mod-Shift-8": deeds.bullets,
  "Mod-Shift-9": deeds.quote,
  "Mod-\\": deeds.clear,
  "Mod-]": sinkListItem(nodes.list_item),
  "Mod-[": liftListItem(nodes.list_item),
  "Mod-z": undo,
  "Mod-y": redo,
  "Shift-Mod-z": redo
}
