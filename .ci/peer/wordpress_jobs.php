<?php
/**
 * Plugin Name: Jobs (the kind of post and the fields that WP Job Manager has in REST)
 */
add_action('init', function () {
    register_post_type('job_listing', [
        'public' => true,
        'label' => 'Jobs',
        'show_in_rest' => true,
        'rest_base' => 'job-listings',
        'rewrite' => ['slug' => 'job'],
        'supports' => ['title', 'editor', 'custom-fields'],
    ]);
    $field = fn ($name, $type) => register_post_meta('job_listing', $name, [
        'single' => true,
        'type' => $type,
        'show_in_rest' => true,
        'auth_callback' => fn () => current_user_can('edit_posts'),
    ]);
    $texts = ['_job_location', '_application', '_company_name', '_company_website',
        '_job_expires', '_job_salary', '_job_salary_currency', '_job_salary_unit'];
    foreach ($texts as $name) {
        $field($name, 'string');
    }
    $field('_filled', 'integer');
    $field('_remote_position', 'integer');
});
