import { Effect, Layer, Option } from "effect"
import { meiliSettings } from "./meili/MeiliConfig.ts"
import * as MirrorMeili from "./meili/MirrorMeili.ts"
import * as SearchMeili from "./meili/SearchMeili.ts"
import * as SearchPg from "./pg/SearchPg.ts"
import { SearchMirror } from "./SearchMirror.ts"

/** Postgres searches; where a Meilisearch is named, it does so first. */
export const layer = Layer.unwrapEffect(
  Effect.map(
    meiliSettings,
    Option.match({
      onNone: () => Layer.merge(SearchPg.layer, SearchMirror.layerNone),
      onSome: (settings) =>
        Layer.merge(SearchMeili.layerOver(settings, SearchPg.layer), MirrorMeili.layer(settings))
    })
  )
)
