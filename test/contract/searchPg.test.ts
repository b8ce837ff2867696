import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { searchSuite } from "./search.ts"
import { searchQueriesSuite } from "./searchQueries.ts"
import { searchTruthSuite } from "./searchTruth.ts"

searchSuite("Postgres", SearchPg.layer)
searchTruthSuite("Postgres", SearchPg.layer)

// Every mailbox is large for one that looks at three messages first.
const near = SearchPg.layerWith({ newest: 3 })
searchSuite("Postgres in a large mailbox", near)
searchTruthSuite("Postgres in a large mailbox", near)

searchQueriesSuite("Postgres", SearchPg.layer)
