/// Several refusals under one name: `responses(Name)` documents each of them.
macro_rules! one_of {
    ($(#[$about:meta])+ $name:ident = $($refusal:ident),+;) => {
        $(#[$about])+
        pub(crate) struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses()
            -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                let all = [$($refusal::REFUSAL),+];
                all.iter().flat_map($crate::error::Refusal::responses).collect()
            }
        }
    };
}
pub(crate) use one_of;
