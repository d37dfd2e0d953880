//! The work queue without its workers. It runs on the database's clock; the clock under test is another
//! one, so what is queued is moved along with it. A task that was queued after the clock was moved and
//! before the next look at the queue comes early; handlers find that and queue it again.

use super::TestApp;
use server::queue::{Crew, Kind, Server, kinds, worker};
use tokio::sync::watch;

impl TestApp {
    /// Carries out what is queued and due, and what that queues for now, by the server's own handlers.
    pub async fn drain(&self) {
        self.drain_kinds(kinds()).await;
    }

    /// The same with other kinds of task.
    pub async fn drain_kinds(&self, kinds: Vec<Kind>) {
        self.drain_by(&[Server::new(self.base.clone(), self.pool.clone(), kinds)]).await;
    }

    /// The same by several servers, side by side.
    pub async fn drain_by(&self, servers: &[Server]) {
        self.move_queue().await;
        // Dropped, it would tell the workers to stop.
        let (_running, stopped) = watch::channel(false);
        let names: Vec<String> = servers.iter().flat_map(|server| &server.kinds).map(|kind| kind.name.to_owned()).collect();
        loop {
            for crew in Crew::ALL {
                let runs =
                    servers.iter().map(async |server| worker(server, crew, stopped.clone()).await.unwrap().run_once().await.unwrap());
                futures::future::join_all(runs).await;
            }
            let due: i64 = sqlx::query_scalar(
                "select count(*) from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
                 where j.is_available and j.run_at <= now() and t.identifier = any($1)",
            )
            .bind(&names)
            .fetch_one(&self.owner)
            .await
            .unwrap();
            if due == 0 {
                return;
            }
        }
    }

    /// Lets the queue follow the clock.
    pub async fn move_queue(&self) {
        let now = self.now();
        let before = std::mem::replace(&mut *self.queue_at.lock().unwrap(), now);
        sqlx::query(
            "update graphile_worker._private_jobs set run_at = run_at - $1::bigint * interval '1 microsecond' where locked_at is null",
        )
        .bind(i64::try_from(now.duration_since(before).as_micros()).unwrap())
        .execute(&self.owner)
        .await
        .unwrap();
    }
}
