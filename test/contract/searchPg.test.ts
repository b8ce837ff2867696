import * as SearchPg from "../../src/storage/search/pg/SearchPg.ts"
import { searchSuite } from "./search.ts"
import { searchTruthSuite } from "./searchTruth.ts"

searchSuite("Postgres", SearchPg.layer)
searchTruthSuite("Postgres", SearchPg.layer)
