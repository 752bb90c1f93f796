//! Rules of `subject_test`.

use super::Mistakes;
use crate::config::Config;

pub(super) fn check(config: &Config, mistakes: &mut Mistakes) {
    let (tracking, deadline) = (config.tracking.mode, config.delivery.deadline);
    for (index, digest) in config.digest.iter().enumerate() {
        let Some(test) = &digest.subject_test else {
            continue;
        };
        let path = format!("digest[{index}].subject_test");
        for (key, message, hint) in test.mistakes(tracking, deadline) {
            let path = match key {
                "" => path.clone(),
                key => format!("{path}.{key}"),
            };
            mistakes.add(path, message, Some(hint));
        }
    }
}
