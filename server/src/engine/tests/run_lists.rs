//! Lists of runs: of a project, of every workspace, and in pages.

use super::world::{Line, pipeline};
use crate::http::testing::call;
use crate::store::line::workspaces;
use crate::store::testing::on_engine;
use serde_json::Value;

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|run| run["number"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn runs_are_listed_by_project_and_across_the_workspaces_of_whoever_asks() {
    on_engine(async |store| {
        let line = Line::new(store, &pipeline("project: shop\njobs:\n  build: { inputs: [source], steps: [{ run: make }] }\n")).await;
        let root = line.world.administrator().await;
        for digit in ['a', 'b'] {
            line.commit(digit).await;
            line.play(&[]).await;
        }
        let get = async |path: &str| line.world.expect(200, call("GET", path).token(&root)).await.json();
        assert_eq!(numbers(&get("runs?project=shop").await), [2, 1]);
        assert_eq!(numbers(&get("runs?project=other").await), Vec::<i64>::new());

        let first = get("/runs?project=shop&limit=1&sort=oldest").await;
        assert_eq!((numbers(&first), &first["items"][0]["workspace"]), (vec![1], &"main".into()));
        let second = get(&format!("/runs?project=shop&limit=1&sort=oldest&after={}", first["next"].as_str().unwrap())).await;
        assert_eq!((numbers(&second), second["next"].as_str()), (vec![2], None));
        for query in ["pipeline=p", "limit=0", "sort=best", "status=odd", "after=x"] {
            line.world.expect(400, call("GET", &format!("/runs?{query}")).token(&root)).await;
        }

        let mut tx = line.app().db.begin("andon").await.unwrap();
        workspaces::ensure(&mut tx, "other").await.unwrap();
        tx.commit().await.unwrap();
        let (cookies, _) = line.world.person(&root, "vera", "viewer").await;
        let seen = line.world.expect(200, call("GET", "/runs").header("cookie", &cookies)).await.json();
        assert_eq!(numbers(&seen), [2, 1]);
        let removed = call("DELETE", "members/vera").token(&root);
        line.world.expect(204, removed).await;
        let seen = line.world.expect(200, call("GET", "/runs").header("cookie", &cookies)).await.json();
        assert_eq!(numbers(&seen), Vec::<i64>::new(), "somebody who is in no workspace sees no run");
        line.end().await;
    })
    .await;
}
