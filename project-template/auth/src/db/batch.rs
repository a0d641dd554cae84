//! Statements that concurrent requests share. What is asked while a statement runs waits for its end, and then goes into
//! the next one together. Nobody waits while there is nothing to wait for, so a server without load works as without this.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::oneshot::{self, Sender};

use super::failures::copy_for_others;

/// Questions in one statement. More would make the first of them wait for the last.
const LIMIT: usize = 32;

/// A statement that can be asked for one or for several. What it leaves open when asked at once is asked for alone.
pub(crate) trait Shared: Send + Sync + 'static {
    type Question: Clone + Send;
    type Answer: Send;

    /// May wait, as for a row that another transaction has locked.
    fn one(&self, question: Self::Question) -> impl Future<Output = sqlx::Result<Self::Answer>> + Send;

    /// Others wait for the end of this statement, so it waits for no lock, and leaves open what would.
    fn one_at_once(&self, question: Self::Question) -> impl Future<Output = sqlx::Result<Option<Self::Answer>>> + Send;

    /// As `one_at_once`, in the order of the questions.
    fn many_at_once(
        &self,
        questions: &[Self::Question],
    ) -> impl Future<Output = sqlx::Result<Vec<Option<Self::Answer>>>> + Send;
}

/// The questions to a [`Shared`] statement.
pub(crate) struct Batch<S: Shared>(Arc<Inner<S>>);

struct Inner<S: Shared> {
    statement: S,
    /// How many may run at once.
    width: usize,
    state: Mutex<State<S>>,
}

struct State<S: Shared> {
    running: usize,
    waiting: Vec<Waiting<S>>,
}

/// If the sender is dropped, the question is asked alone.
type Waiting<S> = (<S as Shared>::Question, Sender<sqlx::Result<<S as Shared>::Answer>>);

impl<S: Shared> Batch<S> {
    pub(crate) fn new(statement: S, width: usize) -> Self {
        Self(Arc::new(Inner { statement, width, state: Mutex::new(State { running: 0, waiting: Vec::new() }) }))
    }

    pub(crate) async fn ask(&self, question: S::Question) -> sqlx::Result<S::Answer> {
        let told = {
            let mut state = self.0.state();
            if state.running < self.0.width {
                state.running += 1;
                None
            } else {
                let (tell, told) = oneshot::channel();
                state.waiting.push((question.clone(), tell));
                Some(told)
            }
        };
        match told {
            None => {
                let turn = Turn(&self.0);
                let answer = self.0.statement.one_at_once(question.clone()).await?;
                drop(turn);
                match answer {
                    Some(answer) => Ok(answer),
                    None => self.0.statement.one(question).await,
                }
            }
            Some(told) => match told.await {
                Ok(answer) => answer,
                Err(_) => self.0.statement.one(question).await,
            },
        }
    }
}

impl<S: Shared> Inner<S> {
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Those who wait the longest. Their requests may have been given up meanwhile.
    fn next(&self) -> Vec<Waiting<S>> {
        let mut state = self.state();
        state.waiting.retain(|(_, tell)| !tell.is_closed());
        let count = state.waiting.len().min(LIMIT);
        state.waiting.drain(..count).collect()
    }

    async fn answer(&self, waiting: Vec<Waiting<S>>) {
        let (questions, mut tells): (Vec<_>, Vec<_>) = waiting.into_iter().unzip();
        let answers = tokio::select! {
            answers = self.statement.many_at_once(&questions) => answers,
            // A connection that went silent keeps the turn no longer than the requests last.
            () = everybody_left(&mut tells) => return,
        };
        match answers {
            Ok(answers) => {
                for (tell, answer) in tells.into_iter().zip(answers) {
                    if let Some(answer) = answer {
                        // Nobody listens if the request was given up.
                        let _ = tell.send(Ok(answer));
                    }
                }
            }
            // Without a connection nobody would get further alone; each would only wait as long again.
            Err(error) => {
                for tell in tells {
                    if let Some(copy) = copy_for_others(&error) {
                        let _ = tell.send(Err(copy));
                    }
                }
            }
        }
    }
}

async fn everybody_left<T>(tells: &mut [Sender<T>]) {
    for tell in tells {
        tell.closed().await;
    }
}

/// The right to run a statement. When it ends, also by a cancelled request, it is passed on to those who wait.
struct Turn<'i, S: Shared>(&'i Arc<Inner<S>>);

impl<S: Shared> Drop for Turn<'_, S> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        // Without a runtime the program ends.
        match Handle::try_current() {
            Ok(runtime) if !state.waiting.is_empty() => drop(runtime.spawn(run(self.0.clone()))),
            _ => state.running -= 1,
        }
    }
}

async fn run<S: Shared>(inner: Arc<Inner<S>>) {
    let _turn = Turn(&inner);
    loop {
        let waiting = inner.next();
        if waiting.is_empty() {
            break;
        }
        inner.answer(waiting).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::Semaphore;
    use tokio::task::JoinSet;

    use super::*;

    /// Doubles numbers; a statement runs when it is let through.
    struct Doubling {
        gate: Semaphore,
        sizes: Mutex<Vec<usize>>,
        fails: fn() -> Option<sqlx::Error>,
    }

    impl Shared for Doubling {
        type Question = u64;
        type Answer = u64;

        async fn one(&self, question: u64) -> sqlx::Result<u64> {
            self.sizes.lock().unwrap().push(1);
            self.gate.acquire().await.unwrap().forget();
            Ok(question * 2)
        }

        async fn one_at_once(&self, question: u64) -> sqlx::Result<Option<u64>> {
            if question == 7 { Ok(None) } else { self.one(question).await.map(Some) }
        }

        async fn many_at_once(&self, questions: &[u64]) -> sqlx::Result<Vec<Option<u64>>> {
            self.sizes.lock().unwrap().push(questions.len());
            self.gate.acquire().await.unwrap().forget();
            assert!(!questions.contains(&13), "a statement that panics");
            match (self.fails)() {
                Some(error) => Err(error),
                None => Ok(questions.iter().map(|question| (*question != 7).then_some(question * 2)).collect()),
            }
        }
    }

    struct Asked {
        batch: Arc<Batch<Doubling>>,
        answers: JoinSet<(u64, sqlx::Result<u64>)>,
    }

    impl Asked {
        /// All of them wait: two in statements of their own, the others for those.
        async fn new(questions: impl Iterator<Item = u64>, fails: fn() -> Option<sqlx::Error>) -> Self {
            let doubling = Doubling { gate: Semaphore::new(0), sizes: Mutex::default(), fails };
            let mut asked = Self { batch: Arc::new(Batch::new(doubling, 2)), answers: JoinSet::new() };
            for question in questions {
                let batch = asked.batch.clone();
                asked.answers.spawn(async move { (question, batch.ask(question).await) });
                tokio::task::yield_now().await;
            }
            asked
        }

        fn sizes(&self) -> Vec<usize> {
            self.batch.0.statement.sizes.lock().unwrap().clone()
        }

        async fn answered(&mut self) -> Vec<(u64, sqlx::Result<u64>)> {
            self.batch.0.statement.gate.add_permits(1000);
            let mut answers = Vec::new();
            while let Some(answer) = self.answers.join_next().await {
                answers.push(answer.unwrap());
            }
            let patience = tokio::time::timeout(Duration::from_secs(5), async {
                while self.batch.0.state().running > 0 {
                    tokio::task::yield_now().await;
                }
            });
            patience.await.expect("every turn ends");
            answers
        }
    }

    #[tokio::test]
    async fn those_who_wait_share_a_statement() {
        let mut asked = Asked::new(100..140, || None).await;
        let answers = asked.answered().await;
        assert_eq!(answers.len(), 40);
        assert!(answers.iter().all(|(question, answer)| *answer.as_ref().unwrap() == question * 2));
        let mut sizes = asked.sizes();
        sizes.sort_unstable();
        assert_eq!(sizes, [1, 1, 6, 32]);
    }

    #[tokio::test]
    async fn nobody_waits_for_others_to_come() {
        let mut asked = Asked::new(100..101, || None).await;
        assert_eq!(asked.sizes(), [1]);
        asked.answered().await;
    }

    #[tokio::test]
    async fn an_answer_left_open_is_asked_for_alone() {
        let mut asked = Asked::new([1, 2, 6, 7, 8].into_iter(), || None).await;
        let answers = asked.answered().await;
        assert!(answers.iter().all(|(question, answer)| *answer.as_ref().unwrap() == question * 2));
        assert_eq!(asked.sizes(), [1, 1, 3, 1]);
    }

    #[tokio::test]
    async fn who_has_to_wait_alone_keeps_nobody_else_waiting() {
        let mut asked = Asked::new([7, 7, 1].into_iter(), || None).await;
        assert_eq!(asked.sizes(), [1, 1, 1], "all three have a statement");
        asked.answered().await;
    }

    #[tokio::test]
    async fn a_statement_whose_requests_have_gone_is_given_up() {
        let mut asked = Asked::new([1, 2, 3].into_iter(), || None).await;
        asked.batch.0.statement.gate.add_permits(2);
        while asked.sizes() != [1, 1, 1] {
            tokio::task::yield_now().await;
        }
        asked.answers.shutdown().await;
        while asked.batch.0.state().running > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(asked.batch.0.statement.gate.available_permits(), 0, "it was never let through");
    }

    #[tokio::test]
    async fn all_are_told_that_there_is_no_connection() {
        let mut asked = Asked::new([1, 2, 3, 4].into_iter(), || Some(sqlx::Error::PoolTimedOut)).await;
        let failed = asked.answered().await.into_iter().filter(|(_, answer)| answer.is_err()).collect::<Vec<_>>();
        assert_eq!(failed.len(), 2);
        assert!(failed.iter().all(|(_, answer)| matches!(answer, Err(sqlx::Error::PoolTimedOut))));
        assert_eq!(asked.sizes(), [1, 1, 2]);
    }

    #[tokio::test]
    async fn what_fails_together_is_asked_for_alone() {
        for (fails, bad) in [((|| Some(sqlx::Error::RowNotFound)) as fn() -> _, 5), (|| None, 13)] {
            let mut asked = Asked::new([1, 2, 3, bad].into_iter(), fails).await;
            let answers = asked.answered().await;
            assert!(answers.iter().all(|(question, answer)| *answer.as_ref().unwrap() == question * 2));
            assert_eq!(asked.sizes(), [1, 1, 2, 1, 1]);
        }
    }

    #[tokio::test]
    async fn who_leaves_takes_nobody_along() {
        let mut asked = Asked::new(100..103, || None).await;
        let gone = asked.batch.clone();
        let gone = tokio::spawn(async move { gone.ask(99).await });
        tokio::task::yield_now().await;
        gone.abort();
        assert!(gone.await.unwrap_err().is_cancelled());
        assert_eq!(asked.answered().await.len(), 3);
        assert_eq!(asked.sizes(), [1, 1, 1]);
    }

    #[tokio::test]
    async fn a_turn_whose_request_was_cancelled_is_passed_on() {
        let mut asked = Asked::new([].into_iter(), || None).await;
        let first: Vec<_> = (0..2)
            .map(|question| {
                let batch = asked.batch.clone();
                tokio::spawn(async move { batch.ask(question).await })
            })
            .collect();
        tokio::task::yield_now().await;
        let batch = asked.batch.clone();
        asked.answers.spawn(async move { (5, batch.ask(5).await) });
        tokio::task::yield_now().await;
        for request in first {
            request.abort();
        }
        let answers = asked.answered().await;
        assert!(matches!(answers.as_slice(), [(5, Ok(10))]));
    }
}
